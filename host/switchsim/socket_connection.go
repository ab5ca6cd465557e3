package switchsim

import (
	"cmp"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/wire"
)

const (
	// pollTick is the sleep of read_packet between two looks at its queues:
	// what happens within one is delivered together.
	pollTick = 20 * time.Millisecond

	maxLogs = 100000 // MAX_QUEUE_LEN of mod_event_socket.c
)

// A connection is one event-socket connection in either direction (a listener of
// mod_event_socket.c). One goroutine runs its loop, for a synchronous outbound
// connection the channel's owner; a second one only reads.
type connection struct {
	sw    *Switch
	conn  net.Conn
	fault Fault
	sub   *bus.Subscriber

	commands chan wire.Command
	closed   chan struct{} // the loop ended
	wake     chan struct{}
	kill     chan struct{}
	killOnce sync.Once
	peerGone atomic.Bool
	partial  atomic.Bool // a command has begun to arrive
	muted    atomic.Bool
	resume   atomic.Bool

	mu       sync.Mutex // nothing else is locked under it
	logs     [][]byte
	logLevel int // 0: nolog; else level+1

	// Only the loop uses what follows.
	authed     bool
	user       *User
	channel    *channel // controlled
	outbound   bool
	full       bool
	async      bool
	logAllowed bool
	listening  bool   // the bus knows it
	onConnect  func() // called once
	restricted string // myevents: UUID of the channel whose events it gets
	linger     bool
	lingerFor  int // seconds, negative without end
	lingering  bool
	deadline   *clock.Timer
	count      int // commands so far
	running    bool
	out        []byte
}

func (s *Switch) newConnection(conn net.Conn, f Fault) *connection {
	wake := make(chan struct{}, 1)
	return &connection{
		sw: s, conn: conn, fault: f, sub: bus.NewSubscriber(func() { signal(wake) }), wake: wake,
		commands: make(chan wire.Command), closed: make(chan struct{}), kill: make(chan struct{}),
		lingerFor: -1, running: true,
	}
}

// accept serves the inbound event socket until it is closed.
func (s *Switch) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.log.Error("event socket", "error", err)
			}
			return
		}
		f := load(&s.mu, &s.fault)
		if f.Refuse {
			conn.Close()
			continue
		}
		l := s.newConnection(conn, f)
		if !s.addConnection(l) {
			conn.Close()
			return
		}
		if s.cfg.Rude {
			l.out = append(l.out, wire.RudeRejection...)
			s.spawn(func() { l.finish(wire.Goodbye); close(l.closed) })
			continue
		}
		l.out = append(l.out, wire.AuthRequest...)
		l.flush()
		s.spawn(l.read)
		s.spawn(l.run)
	}
}

// cut ends the connection from outside, without a goodbye.
func (l *connection) cut() {
	l.killOnce.Do(func() { close(l.kill) })
	l.conn.Close()
}

// read passes commands to the loop until the peer is gone.
func (l *connection) read() {
	r := wire.NewReader(l.conn)
	r.Begun = func() { l.partial.Store(true) }
	for {
		cmd, err := r.Read()
		if err != nil {
			l.peerGone.Store(true)
			l.partial.Store(false)
			signal(l.wake)
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

// run alternates commands and events until one side ends; the first command has
// a time limit (listener_run).
func (l *connection) run() {
	defer close(l.closed)
	timer := l.sw.clk.NewTimer(cmp.Or(l.sw.cfg.AuthTimeout, 25*time.Second))
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
		overrun := l.deliver()
		if l.peerGone.Load() {
			l.running = false
		}
		if overrun {
			l.finish(wire.LostEvents)
			return
		}
		l.checkChannel()
	}
	l.finish(wire.Goodbye)
}

// deliver writes queued log lines and events, unless a command is arriving.
// overrun reports that too many events were lost.
func (l *connection) deliver() (overrun bool) {
	if l.partial.Load() {
		return false
	}
	events, overrun := l.sub.Take()
	logs := swap(&l.mu, &l.logs, nil)
	if len(logs)+len(events) == 0 {
		return overrun
	}
	format := l.sub.Format()
	l.out = l.sw.borrowBuffer()
	for _, line := range logs {
		l.out = append(l.out, line...)
	}
	for _, e := range events {
		l.out = e.Packet(l.out, format)
		if len(l.out) > 64<<10 {
			l.flush()
		}
		if l.lingersAfter(e) {
			l.beginLinger()
		}
	}
	l.flush()
	l.sw.returnBuffer(l.out)
	l.out = nil
	return overrun
}

// lingersAfter reports whether the linger notice is due. Here it follows
// CHANNEL_HANGUP; on a real switch its place among the last events is a race.
func (l *connection) lingersAfter(e *wire.Event) bool {
	return l.channel != nil && l.linger && !l.lingering &&
		e.Get("Event-Name") == "CHANNEL_HANGUP" && e.Get("Unique-ID") == l.channel.uuid
}

func (l *connection) beginLinger() {
	l.lingering = true
	l.out = append(l.out, wire.Linger(l.channel.uuid, l.channel.currentName(), l.lingerFor)...)
	if l.lingerFor >= 0 {
		l.deadline = l.sw.clk.NewTimer(time.Duration(l.lingerFor) * time.Second)
	}
}

// checkChannel ends the connection, or begins to linger, once the controlled
// channel is down.
func (l *connection) checkChannel() {
	if l.channel == nil || !l.running || l.lingering || !l.channel.awaitHangup() {
		return
	}
	if l.linger {
		l.deliver()
		if !l.lingering {
			l.beginLinger()
			l.flush()
		}
		return
	}
	l.awaitReport()
	l.deliver()
	l.running = false
}

// awaitReport gives the channel one poll tick for its last states, so that a
// connection that does not linger usually hears of them.
func (l *connection) awaitReport() {
	if !l.async && l.outbound || l.fault.EarlyDisconnect {
		return // the channel waits for this very loop, or the race is to be lost
	}
	tick := l.sw.clk.NewTimer(pollTick)
	defer tick.Stop()
	select {
	case <-l.channel.reported:
	case <-tick.C:
	case <-l.kill:
	}
}

// finish sends goodbye, closes the connection and releases the channel.
func (l *connection) finish(goodbye string) {
	l.sw.bus.Remove(l.sub, l.restricted)
	if goodbye != "" && !l.peerGone.Load() {
		uuid := ""
		if l.channel != nil {
			uuid = l.channel.uuid
		}
		l.out = append(l.out, wire.Disconnect(uuid, goodbye)...)
		l.flush()
	}
	l.conn.Close()
	if l.deadline != nil {
		l.deadline.Stop()
	}
	l.sw.removeConnection(l)
	if l.channel != nil {
		l.release()
	}
}

// abandon ends a connection that does not run: it lets go of its channel, or this could
// not be destroyed.
func (l *connection) abandon() {
	l.finish("")
	close(l.closed)
}

// flush writes out; a muted connection swallows it.
func (l *connection) flush() {
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
