package switchsim

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/wire"
)

const (
	maxEvents = 100000 // MAX_QUEUE_LEN
	maxMissed = 500    // MAX_MISSED

	// pollTick is how long read_packet sleeps between two looks at its queues:
	// what happens within one is delivered together.
	pollTick = 20 * time.Millisecond
)

// listener is one event-socket connection in either direction. Its loop runs in
// one goroutine (listener_run), which for a synchronous outbound connection is
// the channel's own; a second one only reads.
type listener struct {
	sw    *Switch
	conn  net.Conn
	fault Fault
	sub   subscription

	commands chan wire.Command
	closed   chan struct{} // the loop ended
	wake     chan struct{}
	kill     chan struct{}
	killOnce sync.Once
	peerGone atomic.Bool
	partial  atomic.Bool // a command has begun to arrive
	muted    atomic.Bool

	mu       sync.Mutex
	queue    []*wire.Event
	logs     [][]byte
	missed   int
	overrun  bool
	logLevel int // 0: nolog; else level+1

	// The loop's own.
	authed     bool
	user       *User
	channel    *channel // controlled
	outbound   bool
	full       bool
	async      bool
	logAllowed bool
	listening  bool   // known to the bus
	onConnect  func() // once
	restricted string // myevents: this channel's events only
	resume     atomic.Bool
	linger     bool
	lingerFor  int // seconds, -1 for ever
	lingering  bool
	deadline   *clock.Timer
	count      int  // commands so far
	lost       bool // too many events were dropped
	running    bool
	out        []byte
}

func (s *Switch) newListener(conn net.Conn, f Fault) *listener {
	return &listener{
		sw: s, conn: conn, fault: f, commands: make(chan wire.Command), closed: make(chan struct{}),
		wake: make(chan struct{}, 1), kill: make(chan struct{}), lingerFor: -1, running: true,
	}
}

func (l *listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// cut ends the connection from outside, without a goodbye.
func (l *listener) cut() {
	l.killOnce.Do(func() { close(l.kill) })
	l.conn.Close()
}

// read feeds commands to the loop until the peer is gone.
func (l *listener) read() {
	r := wire.NewReader(l.conn)
	r.Begun = func() { l.partial.Store(true) }
	for {
		cmd, err := r.Read()
		if err != nil {
			l.peerGone.Store(true)
			l.partial.Store(false)
			l.signal()
			return
		}
		l.partial.Store(false)
		select {
		case l.commands <- cmd:
		case <-l.closed:
			return
		}
	}
}

// offer queues an event if it is wanted; called with the bus locked.
func (l *listener) offer(e *wire.Event, name, subclass string) {
	if !l.sub.wants(name, subclass) || !l.sub.passes(e) {
		return
	}
	l.push(e)
}

func (l *listener) push(e *wire.Event) {
	l.mu.Lock()
	if len(l.queue) >= maxEvents {
		if l.missed++; l.missed > maxMissed {
			l.overrun = true
		}
	} else {
		l.missed = 0
		l.queue = append(l.queue, e)
	}
	l.mu.Unlock()
	l.signal()
}

// run is listener_run: the first command has a time limit; then commands and
// events alternate until the end of one side.
func (l *listener) run() {
	defer close(l.closed)
	timer := l.sw.clk.NewTimer(l.sw.authTimeout())
	first := timer.C
	defer func() { timer.Stop() }()
	for l.running {
		var deadline <-chan time.Time
		if l.deadline != nil {
			deadline = l.deadline.C
		}
		select {
		case cmd := <-l.commands:
			if first != nil {
				timer.Stop()
				first = nil
			}
			l.handle(cmd)
		case <-l.wake:
		case <-first:
			l.running = false
		case <-deadline:
			l.running = false
		case <-l.kill:
			l.finish("")
			return
		}
		l.deliver()
		if l.peerGone.Load() {
			l.running = false
		}
		if l.lost {
			l.finish(wire.LostEvents)
			return
		}
		l.lookAtChannel()
	}
	l.finish(wire.Goodbye)
}

// deliver writes queued log lines and events, unless a command is arriving.
func (l *listener) deliver() {
	if l.partial.Load() {
		return
	}
	l.mu.Lock()
	logs, events, overrun := l.logs, l.queue, l.overrun
	l.logs, l.queue = nil, nil
	l.mu.Unlock()
	l.lost = overrun
	if len(logs)+len(events) == 0 {
		return
	}
	format := l.sub.formatName()
	l.out = l.sw.borrow()
	for _, line := range logs {
		l.out = append(l.out, line...)
	}
	for _, e := range events {
		l.out = e.Packet(l.out, format)
		if len(l.out) > 64<<10 {
			l.flush()
		}
		if l.noticeDue(e) {
			l.sayLinger()
		}
	}
	l.flush()
	l.sw.giveBack(l.out)
	l.out = nil
}

// noticeDue: the linger notice follows CHANNEL_HANGUP and so precedes the last
// events; on a real switch its place among them is a race.
func (l *listener) noticeDue(e *wire.Event) bool {
	return l.channel != nil && l.linger && !l.lingering &&
		e.Get("Event-Name") == "CHANNEL_HANGUP" && e.Get("Unique-ID") == l.channel.uuid
}

func (l *listener) sayLinger() {
	l.lingering = true
	l.out = append(l.out, wire.Linger(l.channel.uuid, l.channel.nameNow(), l.lingerFor)...)
	if l.lingerFor >= 0 {
		l.deadline = l.sw.clk.NewTimer(time.Duration(l.lingerFor) * time.Second)
	}
}

// lookAtChannel ends the connection, or begins to linger, once the controlled
// channel is down.
func (l *listener) lookAtChannel() {
	if l.channel == nil || !l.running || l.lingering || !l.channel.down() {
		return
	}
	if l.linger {
		l.deliver()
		if !l.lingering {
			l.sayLinger()
			l.flush()
		}
		return
	}
	l.awaitReport()
	l.deliver()
	l.running = false
}

// awaitReport gives the channel one poll tick to run through its last states,
// so that a connection that does not linger usually still hears of them.
func (l *listener) awaitReport() {
	if !l.async && l.outbound || l.fault.EarlyDisconnect {
		return // the channel is waiting for this very loop, or the race is to be lost
	}
	tick := l.sw.clk.NewTimer(pollTick)
	defer tick.Stop()
	select {
	case <-l.channel.reported:
	case <-tick.C:
	case <-l.kill:
	}
}

// finish says goodbye, closes, and lets the channel go.
func (l *listener) finish(text string) {
	l.sw.bus.remove(l, l.restricted)
	if text != "" && !l.peerGone.Load() {
		session := ""
		if l.channel != nil {
			session = l.channel.uuid
		}
		l.out = append(l.out, wire.Disconnect(session, text)...)
		l.flush()
	}
	l.conn.Close()
	if l.deadline != nil {
		l.deadline.Stop()
	}
	l.sw.dropListener(l)
	if l.channel != nil {
		l.release()
	}
}

// flush writes what is in out; a faulty connection may lose it.
func (l *listener) flush() {
	if len(l.out) == 0 {
		return
	}
	if !l.muted.Load() {
		if _, err := l.conn.Write(l.out); err != nil {
			l.peerGone.Store(true)
		}
	}
	l.out = l.out[:0]
}
