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

// A codec holds the values of the Channel-Read-Codec-* headers.
type codec struct{ name, rate, bitRate string }

var (
	codecLoopback = codec{"L16", "8000", "128000"}
	codecSIP      = codec{"PCMU", "8000", "64000"}
)

// A channel is one leg. One goroutine, its owner, runs the state machine and every
// application; all others change fields under mu and wake the owner.
//
// Lock order: journal.mu is taken before channel.mu. Under channel.mu nothing
// else is locked: no second channel, no bus, no switch. What follows from a
// change (events, journal entries, waking others) is done after the unlock.
type channel struct {
	sw        *Switch
	uuid      string
	direction string
	number    int           // session_id
	wake      chan struct{} // capacity 1: the owner has something to look at
	announced chan struct{} // closed after CHANNEL_HANGUP
	reported  chan struct{} // closed after CHANNEL_HANGUP_COMPLETE
	gone      chan struct{} // closed after CHANNEL_DESTROY
	depth     int           // the owner's: how deep applications are nested
	initHook  func()        // runs in CS_INIT, before CHANNEL_CREATE

	mu sync.Mutex

	// What events and variables show.
	name       string
	vars       variables
	scope      [][2]string // %[name=value] of the running application
	codec      codec
	codecWrite bool
	caller     *profile
	other      *profile // the other leg's
	otherType  string   // originator, originatee
	callState  string

	// The state machine.
	running     state // state the owner is in
	state       state // state it should go to
	cause       string
	transferred bool // CF_TRANSFER
	redirected  bool // it is to go to another state, which no socket application takes back (CF_REDIRECT)
	replaced    bool // CF_RESET: the extension was replaced
	extension   []Action
	hitDialplan bool
	ringing     bool
	early       bool
	answered    bool
	answerShown bool // originate may see the answer
	locks       int  // session read locks; the channel is destroyed when there are none
	watchers    []chan struct{}

	// What reaches the owner while an application waits.
	tasks         []func()
	messages      []wire.Command // sendmsg
	eventLocks    int            // CF_EVENT_LOCK: messages wait
	sessionEvents []sessionEvent
	digits        []digit
	dialled       []byte // digits taken from the queue, for digits_dialed
	broken        bool   // CF_BREAK

	// The applications.
	apps       []start // running, the innermost last
	starts     []start // all that started, for a scripted person
	scripted   bool
	playing    *playback
	recording  *recording
	conference string

	// Other channels and connections.
	controllers  []*connection
	divertTo     *connection
	controlled   bool          // CF_CONTROLLED: parked
	lateRelease  time.Duration // see Fault.LateRelease
	bridgedTo    *channel
	bridgeTarget *channel // set by uuid_bridge
	otherHalf    *channel // of a loopback
	pickup       string   // the key with which this channel was dialled to be picked up
	pickupVars   [][2]string
	pickedUpBy   *channel // that takes its place
	byPerson     bool     // the scripted person hung up
	dialString   string   // with which it was dialled
}

// A start is one application that started, or one path it plays.
type start struct {
	app, arg string
	path     string // set if it is a path
}

// newChannel returns a channel that lives once begin is called.
func (s *Switch) newChannel(uuid, name, direction string, k codec, p *profile) *channel {
	if uuid == "" {
		uuid = s.newUUID()
	}
	now := stampOf(s.clk.Now())
	p.uuid, p.channel, p.direction, p.logicalDir = uuid, name, direction, direction
	p.index, p.created, p.channelCreated = 1, now, now
	c := &channel{
		sw: s, uuid: uuid, name: name, direction: direction, number: int(s.sessions.Add(1)),
		wake: make(chan struct{}, 1), announced: make(chan struct{}), reported: make(chan struct{}), gone: make(chan struct{}),
		codec: k, codecWrite: true, caller: p, running: csNone, callState: "DOWN",
	}
	c.vars.set("direction", direction)
	return c
}

// signal makes ch readable; one that is already readable remains so.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// without returns a copy of the list without x.
func without[T comparable](list []T, x T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(y T) bool { return y == x })
}

// load reads a variable that mu guards.
func load[T any](mu *sync.Mutex, v *T) T {
	mu.Lock()
	defer mu.Unlock()
	return *v
}

// swap sets a variable that mu guards and returns its old value.
func swap[T any](mu *sync.Mutex, v *T, value T) (old T) {
	mu.Lock()
	defer mu.Unlock()
	old, *v = *v, value
	return old
}

// shift removes the first item of a queue that mu guards.
func shift[T any](mu *sync.Mutex, queue *[]T) (first T, ok bool) {
	mu.Lock()
	defer mu.Unlock()
	if len(*queue) == 0 {
		return first, false
	}
	first, *queue = (*queue)[0], (*queue)[1:]
	return first, true
}

// update changes fields under mu and wakes the owner and all that watch the
// channel.
func (c *channel) update(change func()) {
	c.mu.Lock()
	change()
	c.mu.Unlock()
	c.changed()
}

// changed wakes the owner and all that watch the channel.
func (c *channel) changed() {
	signal(c.wake)
	for _, w := range load(&c.mu, &c.watchers) {
		signal(w)
	}
}

// watch has w signalled on every change until unwatch.
func (c *channel) watch(w chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = append(slices.Clip(c.watchers), w)
}

func (c *channel) unwatch(w chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = without(c.watchers, w)
}

// post has the owner run fn the next time it waits.
func (c *channel) post(fn func()) {
	c.mu.Lock()
	c.tasks = append(c.tasks, fn)
	c.mu.Unlock()
	signal(c.wake)
}

// get returns the value of a variable, of the scope variables first, or of a
// profile field named like one (switch_channel_get_variable).
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
	switch name {
	case "chan_name":
		return c.name
	case "state":
		return c.running.String()
	}
	if f := c.caller.field(name); f != nil {
		return *f
	}
	return ""
}

func (c *channel) set(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.set(name, value)
}

func (c *channel) setAll(list [][2]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.setAll(list)
}

// push appends an item to an array variable.
func (c *channel) push(name, item string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.push(name, item)
}

func (c *channel) currentName() string { return load(&c.mu, &c.name) }
func (c *channel) isAnswered() bool    { return load(&c.mu, &c.answered) }
func (c *channel) isControlled() bool  { return load(&c.mu, &c.controlled) }
func (c *channel) partner() *channel   { return load(&c.mu, &c.bridgedTo) }
func (c *channel) hangupCause() string { return load(&c.mu, &c.cause) }

// down reports whether the channel is hung up.
func (c *channel) down() bool { return c.hangupCause() != "" }

// awaitHangup reports whether the channel is hung up, after its CHANNEL_HANGUP was
// fired: so nothing that its owner or a connection does about it precedes that.
func (c *channel) awaitHangup() bool {
	if !c.down() {
		return false
	}
	<-c.announced
	return true
}

// ready reports whether the channel is up and no change of state is due
// (switch_channel_ready).
func (c *channel) ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readyLocked()
}

func (c *channel) readyLocked() bool {
	return c.cause == "" && c.state == c.running && !c.moving()
}

// moving reports whether the channel has to leave its extension. Called with mu held.
func (c *channel) moving() bool { return c.transferred || c.replaced }

func (c *channel) hasMedia() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered || c.early
}

// callStates are numbered in this order (switch_channel_callstate_t).
var callStates = []string{"DOWN", "DIALING", "RINGING", "EARLY", "ACTIVE", "HELD", "RING_WAIT", "HANGUP", "UNHELD"}

func (c *channel) setCallState(callState string) {
	old := swap(&c.mu, &c.callState, callState)
	if old == callState {
		return
	}
	c.fireWith("CHANNEL_CALLSTATE", []wire.Header{
		{Name: "Original-Channel-Call-State", Value: old},
		{Name: "Channel-Call-State-Number", Value: strconv.Itoa(slices.Index(callStates, callState))},
	})
}
