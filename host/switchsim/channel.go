package switchsim

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

const (
	inbound  = "inbound"
	outbound = "outbound"
)

// state is a channel state (switch_types.h: switch_channel_state_t).
type state uint8

const (
	csNew state = iota
	csInit
	csRouting
	csSoftExecute
	csExecute
	csExchangeMedia
	csPark
	csConsumeMedia
	csHibernate
	csReset
	csHangup
	csReporting
	csDestroy
	csNone
)

var stateNames = [...]string{"CS_NEW", "CS_INIT", "CS_ROUTING", "CS_SOFT_EXECUTE", "CS_EXECUTE",
	"CS_EXCHANGE_MEDIA", "CS_PARK", "CS_CONSUME_MEDIA", "CS_HIBERNATE", "CS_RESET", "CS_HANGUP",
	"CS_REPORTING", "CS_DESTROY", "CS_NONE"}

func (s state) String() string { return stateNames[s] }

// codec is what the Channel-Read-Codec-* headers say.
type codec struct{ name, rate, bitRate string }

var (
	codecLoopback = codec{"L16", "8000", "128000"}
	codecSIP      = codec{"PCMU", "8000", "64000"}
)

// channel is one leg. One goroutine, its owner, runs the state machine and all
// applications; everybody else changes fields under mu and signals.
type channel struct {
	sw        *Switch
	uuid      string
	direction string
	number    int           // session_id
	wake      chan struct{} // cap 1: something the owner should look at
	reported  chan struct{} // closed after CHANNEL_HANGUP_COMPLETE
	gone      chan struct{} // closed after CHANNEL_DESTROY

	mu          sync.Mutex
	name        string
	vars        variables
	scope       [][2]string
	codec       codec
	codecWrite  bool
	caller      *profile
	other       *profile
	otherType   string // originator, originatee
	hitDialplan bool
	running     state // what the owner is doing
	state       state // what it should do
	callState   string
	answered    bool
	early       bool
	ringing     bool
	cause       string // set once: hung up
	transferred bool   // CF_TRANSFER
	reset       bool   // CF_RESET: the extension was replaced
	extension   []Action
	queued      []wire.Command // sendmsg, waiting
	locked      int            // CF_EVENT_LOCK depth
	broken      bool           // CF_BREAK
	controlled  bool           // CF_CONTROLLED
	late        time.Duration  // until CF_CONTROLLED is cleared once more, see Fault.LateRelease
	digits      []digit
	dialled     []byte // digits that were taken, for digits_dialed
	divert      *listener
	tasks       []func()
	sessions    []sessionEvent // events queued to the session
	locks       int
	listeners   []*listener
	watchers    []chan struct{}
	depth       int
	apps        []start
	starts      []start // what began, for a scripted person
	scripted    bool
	personEnded bool // the scripted person hung up
	conference  string
	member      *member
	recording   string
	bridgedTo   *channel
	target      *channel // whom uuid_bridge wants it bridged to
	loop        *channel // the other half of a loopback
	initHook    func()   // runs in CS_INIT, before CHANNEL_CREATE
	playing     *playback
}

// start is one application, or one path played by it, that began.
type start struct {
	app, arg string
	path     string // set when it is a path that is played
	at       time.Time
}

// newChannel makes a channel; it lives once begin is called.
func (s *Switch) newChannel(uuid, name, direction string, k codec, p *profile) *channel {
	if uuid == "" {
		uuid = s.newUUID()
	}
	now := stampOf(s.clk.Now())
	p.uuid, p.channel, p.direction, p.logicalDir = uuid, name, direction, direction
	p.index, p.created, p.channelCreated = 1, now, now
	return &channel{
		sw: s, uuid: uuid, name: name, direction: direction, number: int(s.sessions.Add(1)),
		wake: make(chan struct{}, 1), reported: make(chan struct{}), gone: make(chan struct{}),
		codec: k, codecWrite: true, caller: p, running: csNone, callState: "DOWN",
	}
}

// signal wakes the owner.
func (c *channel) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// changed wakes the owner and everybody who watches the channel.
func (c *channel) changed() {
	c.signal()
	c.mu.Lock()
	watchers := c.watchers
	c.mu.Unlock()
	for _, w := range watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// watchOn has w signalled on changes until unwatch.
func (c *channel) watchOn(w chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = append(c.watchers[:len(c.watchers):len(c.watchers)], w)
}

func (c *channel) unwatch(w chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.watchers[:0:0]
	for _, x := range c.watchers {
		if x != w {
			kept = append(kept, x)
		}
	}
	c.watchers = kept
}

// watch returns a channel that is signalled on changes, and its end.
func (c *channel) watch() (w chan struct{}, stop func()) {
	w = make(chan struct{}, 1)
	c.watchOn(w)
	return w, func() { c.unwatch(w) }
}

// post has the owner run fn when it next looks.
func (c *channel) post(fn func()) {
	c.mu.Lock()
	c.tasks = append(c.tasks, fn)
	c.mu.Unlock()
	c.signal()
}

func (c *channel) get(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.getLocked(name)
}

func (c *channel) getLocked(name string) string {
	for _, v := range c.scope {
		if v[0] == name {
			return v[1]
		}
	}
	if v := c.vars.get(name); v != "" {
		return v
	}
	return c.profileField(name)
}

// profileField finds what is not a variable but can be named like one
// (switch_channel_get_variable falls back to the caller profile).
func (c *channel) profileField(name string) string {
	p := c.caller
	switch name {
	case "destination_number":
		return p.destination
	case "caller_id_number":
		return p.cidNumber
	case "caller_id_name":
		return p.cidName
	case "ani":
		return p.ani
	case "rdnis":
		return p.rdnis
	case "context":
		return p.context
	case "dialplan":
		return p.dialplan
	case "network_addr":
		return p.networkAddr
	case "source":
		return p.source
	case "chan_name":
		return c.name
	case "username":
		return p.username
	case "state":
		return c.running.String()
	}
	return ""
}

func (c *channel) set(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.set(name, value)
}

// down: the channel is hung up (state CS_HANGUP or beyond).
func (c *channel) down() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause != ""
}

// ready is switch_channel_ready: alive and no state change waiting.
func (c *channel) ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readyLocked()
}

func (c *channel) readyLocked() bool {
	return c.cause == "" && c.state == c.running && !c.transferred && !c.reset
}

func (c *channel) mediaUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered || c.early
}

func (c *channel) isAnswered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered
}

// setState asks the owner to go to another state.
func (c *channel) setState(s state) {
	c.mu.Lock()
	if c.cause == "" {
		c.state = s
	}
	c.mu.Unlock()
	c.changed()
}

// callStates are numbered in this order (switch_channel_callstate_t).
var callStates = []string{"DOWN", "DIALING", "RINGING", "EARLY", "ACTIVE", "HELD", "RING_WAIT", "HANGUP", "UNHELD"}

func (c *channel) setCallState(callState string) {
	c.mu.Lock()
	before := c.callState
	c.callState = callState
	c.mu.Unlock()
	if before == callState {
		return
	}
	c.fireWith("CHANNEL_CALLSTATE", []wire.Header{
		{Name: "Original-Channel-Call-State", Value: before},
		{Name: "Channel-Call-State-Number", Value: strconv.Itoa(slices.Index(callStates, callState))},
	})
}

// hangup ends the channel from any goroutine; only the first cause counts.
func (c *channel) hangup(cause string) {
	c.mu.Lock()
	if c.cause != "" {
		c.mu.Unlock()
		return
	}
	c.cause = causeName(cause)
	c.state = csHangup
	c.caller.hangup = stampOf(c.sw.clk.Now())
	listeners := c.listeners
	c.mu.Unlock()
	c.trace(WhoSwitch, "hangup", "hung up: "+c.cause)
	c.fire("CHANNEL_HANGUP")
	for _, l := range listeners {
		l.signal()
	}
	c.changed()
}

// ringReady is CHANNEL_PROGRESS (180).
func (c *channel) ringReady() {
	c.mu.Lock()
	if c.cause != "" || c.ringing || c.answered || c.early {
		c.mu.Unlock()
		return
	}
	c.ringing = true
	c.caller.progress = stampOf(c.sw.clk.Now())
	loop := c.loop
	c.mu.Unlock()
	if loop != nil && c.direction == inbound {
		loop.ringReady()
	}
	c.trace(WhoSwitch, "progress", "ringing")
	c.fire("CHANNEL_PROGRESS")
	c.setCallState("RINGING")
	c.changed()
}

// preAnswer is early media (183).
func (c *channel) preAnswer() {
	c.mu.Lock()
	if c.cause != "" || c.early || c.answered {
		c.mu.Unlock()
		return
	}
	c.early = true
	c.caller.early = stampOf(c.sw.clk.Now())
	loop := c.loop
	c.mu.Unlock()
	if loop != nil && c.direction == inbound {
		loop.preAnswer()
	}
	c.trace(WhoSwitch, "progress", "early media")
	c.fire("CHANNEL_PROGRESS_MEDIA")
	c.setCallState("EARLY")
	c.set("endpoint_disposition", "EARLY MEDIA")
	c.changed()
}

// answer marks the channel answered. Its execute_on_answer application runs in
// the goroutine that answers, and the call state becomes ACTIVE only after it
// (switch_channel.c:switch_channel_perform_mark_answered).
func (c *channel) answer() {
	c.mu.Lock()
	loop := c.loop
	if c.cause != "" || c.answered {
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	if loop != nil && c.direction == inbound {
		loop.answer() // mod_loopback: the A half is answered first
	}
	c.mu.Lock()
	if c.cause != "" || c.answered {
		c.mu.Unlock()
		return
	}
	c.answered = true
	c.caller.answered = stampOf(c.sw.clk.Now())
	c.mu.Unlock()
	c.trace(WhoSwitch, "answer", "answered")
	c.fire("CHANNEL_ANSWER")
	c.set("endpoint_disposition", "ANSWER")
	c.changed()
	c.answerHooks()
}

// answerHooks runs execute_on_answer and api_on_answer, then goes ACTIVE. The
// half of a loopback is answered from the other half's goroutine, so there the
// application is left to the owner.
func (c *channel) answerHooks() {
	app, arg := splitApp(c.get("execute_on_answer"))
	if app != "" && c.loop != nil && c.direction == outbound {
		c.post(func() { c.execute(app, arg); c.setCallState("ACTIVE") })
		return
	}
	if app != "" {
		c.execute(app, arg)
	}
	if api := c.get("api_on_answer"); api != "" {
		c.sw.API(api)
	}
	c.setCallState("ACTIVE")
}
