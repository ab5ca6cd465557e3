package session

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// dialTimeout limits freeswitch.Session(dialstring)'s wait for an answer
// (switch_cpp.cpp:CoreSession).
const dialTimeout = 60 * time.Second

func functions() []vm.Func {
	return []vm.Func{
		{
			Name: "Session", Native: "LUA::Session::Session()\nLUA::Session::Session(char *,CoreSession *)\nLUA::Session::Session(char *)\nLUA::Session::Session(switch_core_session_t *)",
			Params: []vm.Param{
				{Name: "target", Kind: vm.String, Optional: true, Default: "none: a session without a channel", Doc: "the uuid of a channel, or a dial string such as user/1000; write it with dial{...}"},
				{Name: "a_leg", Kind: vm.Object, Class: "Session", Optional: true, Default: "none", Doc: "a session whose caller id the new leg shows and whose hangup or transfer cancels the dialling"},
			},
			Results: []vm.Result{{Name: "session", Kind: vm.Object, Class: "Session", Doc: "check its ready(); hangupCause() says why it was not reached"}},
			Differs: "Only the channels of other programs that are granted can be changed, and a channel of another program is not waited for and not heard.",
			Doc: "Makes a session: on a channel that exists (a uuid), or on a leg that is dialled now, waiting up to 60 seconds for the answer. " +
				"A leg that the script dials is hung up when the script ends. " +
				"Of a channel that another program controls the script can read and set variables, run applications without waiting for them, and hang it up; its digits and events are not heard. " +
				"All but reading needs the grant of the command that does it (uuid_setvar, uuid_broadcast, uuid_kill), unless the channel is connected to the script's own.",
			Example:     "local leg = freeswitch.Session(dial{\"user/1000\", timeout = 20}, session)\nif leg:ready() then\n  freeswitch.bridge(session, leg)\nelse\n  print(leg:hangupCause())\nend",
			AfterHangup: "Dials or attaches all the same, but not for an a_leg that has hung up: hangupCause() is then the cause of its hangup. If a_leg hangs up while the new leg is dialled, hangupCause() is \"ORIGINATOR_CANCEL\".",
			Go:          construct,
		},
		{
			Name: "bridge", Native: "bridge(CoreSession &,CoreSession &)",
			Params: []vm.Param{
				{Name: "a", Kind: vm.Object, Class: "Session", Doc: "a session; it gets early media if it has no audio yet"},
				{Name: "b", Kind: vm.Object, Class: "Session", Doc: "the other session"},
			},
			Differs: "No callback is called while the two are connected, so no digit ends the bridge.",
			Doc: "Connects two sessions and waits until one of them hangs up. When the other side hangs up, the script has its call again, without the digits that were pressed during the bridge, and the dialplan goes on after it; " +
				"hangup_after_bridge, park_after_bridge and transfer_after_bridge apply as in the dialplan. When the caller hangs up, so does the other side. " +
				"A channel that another program controls leaves what it does, as if it were transferred; the flow needs the grant of uuid_bridge for that.",
			Example:     "local leg = freeswitch.Session(\"user/1000\", session)\nif leg:ready() then freeswitch.bridge(session, leg) end",
			AfterHangup: "Logs \"Channels not ready\" and returns, if either of the two has hung up.",
			Go: func(a *vm.Args) error {
				x, _ := a.Object(0).(*Session)
				y, _ := a.Object(1).(*Session)
				return bridge(x, y, a)
			},
		},
	}
}

func construct(a *vm.Args) error {
	set := a.Instance().(*Sessions)
	target := a.String(0)
	if target == "" {
		s := set.newSession()
		aLeg, _ := a.Object(1).(*Session)
		switch {
		case aLeg != nil && aLeg.call != nil:
			s.dialCause = "ORIGINATOR_CANCEL"
			aLeg.noteDialling(a.Context(), s.dialCause, "", "")
		case a.Has(0):
			s.dialCause = "DESTINATION_OUT_OF_ORDER"
		}
		a.Return(s.object)
		return nil
	}
	if !strings.Contains(target, "/") {
		s, err := set.attach(a.Context(), target)
		if err != nil || s != nil {
			if s != nil {
				a.Return(s.object)
			}
			return err
		}
	}
	s := set.newSession()
	aLeg, _ := a.Object(1).(*Session)
	reached, err := s.dial(a.Context(), aLeg, target, dialTimeout)
	if err != nil {
		return err
	}
	if reached {
		s.autoHangup = true
		s.setUUIDGlobal()
	}
	a.Return(s.object)
	return nil
}

// attach returns a session on an existing channel, nil if there is no such
// channel. If the script has a session on it already, that one is returned.
func (r *Sessions) attach(ctx context.Context, uuid string) (*Session, error) {
	for _, s := range r.list {
		if s.call.UUID() == uuid {
			return s, nil
		}
	}
	if strings.ContainsAny(uuid, " \t") {
		return nil, nil
	}
	other := &attached{ctx: ctx, id: uuid, env: r.env}
	exists, err := other.API(ctx, syntax.ForChannel("uuid_exists", uuid, ""))
	if err != nil || strings.TrimSpace(exists) != "true" {
		return nil, err
	}
	if len(r.list) >= maxSessions {
		return nil, errTooMany
	}
	s := r.newSession()
	s.setCall(other)
	s.setUUIDGlobal()
	return s, nil
}

// originate dials; as in mod_lua 0 means success.
func originate(s *Session, a *vm.Args) (lua.LValue, error) {
	dial := a.String(1)
	if dial == "" {
		s.log().Error("originate: Missing destination.")
		return no, nil
	}
	if s.call != nil {
		return nil, errors.New("this session has a channel already: originate on one made with freeswitch.Session()")
	}
	aLeg, _ := a.Object(0).(*Session)
	if aLeg != nil && aLeg.call != nil {
		if err := aLeg.runHook(); err != nil {
			return nil, err
		}
	}
	reached, err := s.dial(a.Context(), aLeg, dial, milliseconds(1000*min(max(a.Int(2), 1), 3600)))
	return intBool(!reached), err
}

// dial gives the session a new leg; dialCause says how that ended.
func (s *Session) dial(ctx context.Context, aLeg *Session, target string, timeout time.Duration) (reached bool, err error) {
	if len(s.set.list) >= maxSessions {
		return false, errTooMany
	}
	if aLeg != nil && aLeg.call != nil && aLeg.ended() { // switch_ivr_originate.c dials for no channel that is down
		cause, err := aLeg.endCause(ctx)
		s.dialCause = cmp.Or(lua.LVAsString(cause), "ORIGINATOR_CANCEL")
		return false, err
	}
	request, dialling := legs.Request{Dial: target, Timeout: timeout}, ctx
	if aLeg != nil && aLeg.call != nil {
		if aLeg.movedOn() {
			s.dialCause = "ORIGINATOR_CANCEL"
			return false, nil
		}
		if err := aLeg.forLeg(ctx, &request); errors.Is(err, errLoop) {
			s.dialCause = "EXCHANGE_ROUTING_ERROR"
			s.log().Warn("originate failed", "dial", target, "error", err)
			aLeg.noteDialling(ctx, s.dialCause, "", "")
			return false, nil
		} else if err != nil {
			return false, err
		}
		var giveUp func()
		dialling, giveUp = context.WithCancel(ctx)
		aLeg.cancelDial = giveUp
		defer func() { aLeg.cancelDial = nil; giveUp() }()
	}
	s.dialCause = "DESTINATION_OUT_OF_ORDER"
	leg, err := s.set.dial(dialling, request)
	var failed *legs.FailedError
	var uuid, callee string
	if aLeg != nil && aLeg.call != nil {
		defer func() { aLeg.noteDialling(ctx, s.dialCause, uuid, callee) }()
	}
	switch {
	case errors.As(err, &failed):
		s.dialCause, uuid = failed.Cause, failed.UUID
		callee = "Outbound Call;" + number(target) // as FreeSWITCH names who has not said who it is
		s.log().Warn("originate failed", "dial", target, "error", err)
		return false, nil
	case err != nil && aLeg != nil && aLeg.call != nil && aLeg.gone():
		s.dialCause = "ORIGINATOR_CANCEL"
		return false, aLeg.classifyErr(nil)
	case err != nil:
		return false, s.classifyErr(err)
	}
	s.dialCause, uuid = "SUCCESS", leg.UUID()
	callee = leg.Snapshot().Get("Caller-Callee-ID-Name") + ";" + leg.Snapshot().Get("Caller-Callee-ID-Number")
	s.leg = leg
	s.setCall(leg)
	return true, nil
}

// number returns what FreeSWITCH takes for the number in a dial string of one leg.
func number(dial string) string {
	list, err := syntax.ReadDialString(dial)
	if err != nil || len(list) == 0 || len(list[0].Groups) == 0 {
		return ""
	}
	endpoint, _, _ := strings.Cut(list[0].Groups[0][0].Endpoint, "@")
	return endpoint[strings.LastIndexByte(endpoint, '/')+1:]
}

// dial brings up a leg for the script. The error is a *legs.FailedError if
// nobody was reached, a *grant.RefusedError if the script may not dial so.
func (r *Sessions) dial(ctx context.Context, leg legs.Request) (*legs.Leg, error) {
	if err := r.env.Grants.CheckDial(leg.Dial); err != nil {
		return nil, err
	}
	if r.legs == nil || r.env.Listener == "" {
		return nil, errors.New("this script cannot dial: FreeSWITCH hands dialled legs to eslua's listener, and there is none here (run it with eslua serve)")
	}
	leg.Listener = r.env.Listener
	return r.legs.Dial(ctx, r.env.Switch, leg)
}
