package session

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/google/uuid"
)

// bridge connects two channels of the script and waits until the bridge ends. The call
// that runs the script leads, whichever of the two it is: its dialplan continues after
// the script.
func bridge(x, y *Session, a *vm.Args) error {
	if x == nil || y == nil || x == y || x.call == nil || y.call == nil || x.gone() || y.gone() {
		a.Instance().(*Sessions).env.Log.Error("bridge: Channels not ready")
		return nil
	}
	if y.checkpoint != nil || x.isForeign() {
		x, y = y, x
	}
	if err := x.runHook(); err != nil {
		return err
	}
	if x.isForeign() {
		return x.bridgeForeign(y, a)
	}
	if !x.call.MediaReady() {
		if _, err := preAnswer(x, a); err != nil {
			return err
		}
	}
	if err := x.lead(y, a); err != nil {
		return err
	}
	if y.leg != nil && x.ended() {
		y.call.AwaitHangup(a.Context(), partingTime)
	}
	return x.runHook()
}

// partingTime limits the time from the caller's hangup to the leg's, of which the script
// shall know when freeswitch.bridge returns.
const partingTime = 200 * time.Millisecond

// isForeign reports whether another program controls the channel.
func (s *Session) isForeign() bool {
	_, foreign := s.call.(*attached)
	return foreign
}

// A leg attempts to pick up for as long as the pickup waits for it, which a busy FreeSWITCH
// may need. The attempts have an end, because a pickup that is over does not tell the leg.
const (
	pickupTime  = 30 * time.Second
	pickupPause = 20 * time.Millisecond
	pickupTries = int(pickupTime / pickupPause)
)

// lead connects the channel with a leg as the application bridge does, in its own
// thread, so that what the bridge's end means to either is FreeSWITCH's doing, as under
// mod_lua (switch_ivr_bridge.c:switch_ivr_multi_threaded_bridge); uuid_bridge would
// take the channel out of its dialplan. What the application dials is a pickup, which
// the leg answers: FreeSWITCH then puts the leg in the pickup's place
// (mod_dptools.c:pickup_function, switch_ivr_originate.c:check_channel_status).
func (s *Session) lead(leg *Session, a *vm.Args) error {
	last := leg.call.Snapshot()
	pickUp := leg.pickUp
	if other, foreign := leg.call.(*attached); foreign {
		if err := s.mayBridge(leg, a); err != nil {
			return err
		}
		last, pickUp = other.dump(a.Context()), other.pickUp
	}
	key := uuid.NewString()
	restore, err := s.keepDialResult(a)
	if err != nil {
		return err
	}
	s.onEvent = func(ev esl.Event) {
		switch name := ev.Name(); {
		case name == "CHANNEL_EXECUTE" && ev.Get("Application") == "bridge":
			pickUp(a, key, s)
		case name == "CHANNEL_BRIDGE":
			restore()
		}
	}
	defer func() { s.onEvent = nil }()
	dial := syntax.Variables([]syntax.Var{
		{Name: "originate_timeout", Value: strconv.Itoa(int(pickupTime.Seconds()))},
		{Name: "origination_uuid", Value: key},
		{Name: "origination_caller_id_name", Value: last.Get("Caller-Caller-ID-Name")},
		{Name: "origination_caller_id_number", Value: last.Get("Caller-Caller-ID-Number")},
	}) + "pickup/" + key
	_, err = s.waitWithCallbacks(a, &prompt{app: true}, func() error {
		_, err := s.call.Execute(a.Context(), "bridge", syntax.Scope(dial, syntax.Var{Name: "continue_on_fail", Value: "true"}))
		return err
	})
	s.call.FlushDigits() // they were meant for the other side
	return err
}

// dialResult names the variables in which FreeSWITCH notes how a channel's dialling went.
var dialResult = []string{"originate_disposition", "DIALSTATUS", "originated_legs", "originate_causes", "last_bridge_hangup_cause"}

// keepDialResult returns a function that gives the channel its dialResult back, after
// the application bridge has noted that of the pickup.
func (s *Session) keepDialResult(a *vm.Args) (restore func(), err error) {
	values := make([]string, len(dialResult))
	for i, name := range dialResult {
		if values[i], err = s.call.API(a.Context(), syntax.ForChannel("uuid_getvar", s.call.UUID(), name)); err != nil {
			return nil, s.classifyErr(err)
		}
	}
	return func() {
		for i, name := range dialResult {
			value := values[i]
			if value == "_undef_" {
				value = ""
			}
			if s.setChannelVariable(a, name, value) != nil {
				return // the call has ended: the bridge's end says so
			}
		}
	}, nil
}

// pickUp has a leg answer the pickup that another channel dials, as soon as it does.
// FreeSWITCH makes the leg's caller its callee and the pickup's caller its caller, so
// the two are exchanged before.
func (s *Session) pickUp(a *vm.Args, key string, by *Session) {
	if err := s.leg.FlipCallerID(); err != nil {
		by.endPickup(a, key)
		return
	}
	for tries := 0; tries < pickupTries && !s.gone(); tries++ {
		if by.gone() { // before it was connected
			_ = s.leg.FlipCallerID() // an error is that the leg has gone, too
			return
		}
		_, err := s.call.Execute(a.Context(), "pickup", key)
		if errors.Is(err, outbound.ErrMoved) {
			return
		}
		if err == nil {
			err = s.call.Sleep(a.Context(), pickupPause)
		}
		if err != nil {
			break
		}
	}
	if !s.call.Moved() {
		by.endPickup(a, key)
	}
}

// endPickup ends a pickup that the channel dials and that nobody will answer any more.
func (s *Session) endPickup(a *vm.Args, key string) {
	_, _ = s.call.API(a.Context(), syntax.ForChannel("uuid_kill", key, "NO_ANSWER")) // an error is that the call has ended
}

// pickUp has the channel leave what it does and answer the pickup that another channel
// dials. uuid_bridge would have both leave it, and the script would lose its call.
func (c *attached) pickUp(a *vm.Args, key string, by *Session) {
	for range pickupTries {
		if by.gone() {
			return
		}
		exists, err := c.env.Switch.API(a.Context(), syntax.ForChannel("uuid_exists", key, ""))
		if err != nil || strings.TrimSpace(exists) == "true" {
			break
		}
		if c.Sleep(a.Context(), pickupPause) != nil {
			return
		}
	}
	try := "^pickup:" + key
	actions := "m:^:set_profile_var:caller_id_name=${callee_id_name}^set_profile_var:caller_id_number=${callee_id_number}" +
		try + "^sleep:20" + try + "^sleep:200" + try + "^sleep:2000" + try + "^hangup:ORIGINATOR_CANCEL" // the bridge is over before it has begun
	line := syntax.ForChannel("uuid_transfer", c.id, syntax.Word(actions)+" inline")
	if reply, err := c.env.Switch.API(a.Context(), line); err != nil || !strings.HasPrefix(reply, "+OK") {
		c.env.Log.Error("bridge: the channel was not connected", "uuid", c.id, "reply", strings.TrimSpace(reply), "error", err)
		by.endPickup(a, key)
	}
}

// mayBridge returns an error if the script is not granted to bridge the two channels.
func (s *Session) mayBridge(y *Session, a *vm.Args) error {
	env := s.set.env
	return env.Allowed(a.Context(), func() error { return env.Grants.CheckAPI(s.bridgeCommand(y)) })
}

func (s *Session) bridgeCommand(y *Session) string {
	return syntax.ForChannel("uuid_bridge", s.call.UUID(), syntax.Word(y.call.UUID()))
}

// bridgeForeign connects two channels that other programs control, and does not wait.
// Both leave what they do; where they go after the bridge is for FreeSWITCH to decide.
func (s *Session) bridgeForeign(y *Session, a *vm.Args) error {
	if err := s.mayBridge(y, a); err != nil {
		return err
	}
	reply, err := s.set.env.Switch.API(a.Context(), s.bridgeCommand(y))
	if err == nil && !strings.HasPrefix(reply, "+OK") {
		s.log().Error("bridge: FreeSWITCH refused", "reply", strings.TrimSpace(reply))
	}
	return s.classifyErr(err)
}
