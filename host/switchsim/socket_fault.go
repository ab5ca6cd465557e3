package switchsim

import (
	"strings"
	"time"
)

// A Fault lets something go wrong on event-socket connections made after it
// is set; the zero value is a healthy connection.
type Fault struct {
	// Refuse closes an inbound connection at once and does not dial an outbound
	// one, so that the dialplan continues.
	Refuse bool
	// CutAtCommand closes the connection instead of answering the nth command (from 1).
	CutAtCommand int
	// CutInApp closes the channel's connections when this application begins.
	CutInApp string
	// HangupInApp hangs the call up when this application begins.
	HangupInApp string
	// GarbageAtCommand sends Garbage, which is not a frame, instead of the nth answer.
	GarbageAtCommand int
	// Garbage is sent by GarbageAtCommand; empty is some binary noise.
	Garbage string
	// HalfAtCommand sends half of the nth answer and then closes.
	HalfAtCommand int
	// Delay holds every answer back.
	Delay time.Duration
	// Mute swallows all that the switch would send, as a half-open connection does.
	Mute bool
	// EarlyDisconnect loses the race at hangup: a connection that does not
	// linger is closed before CHANNEL_HANGUP_COMPLETE.
	EarlyDisconnect bool
	// LateRelease has the newest connection of a channel release it too late. The
	// dialplan, which continued when the connection ended (resume, socket_resume),
	// has come to the next socket by then, and the release ends that one's park so
	// long after it began.
	LateRelease time.Duration
}

// SetFault sets the fault of connections made from now on. CutInApp and
// HangupInApp apply to every application that begins from now on.
func (s *Switch) SetFault(f Fault) { swap(&s.mu, &s.fault, f) }

// Cut closes the connections that control the channel, without a goodbye; with an
// empty uuid it closes all connections.
func (s *Switch) Cut(uuid string) {
	for _, l := range s.controllers(uuid) {
		l.cut()
	}
}

// Mute makes the connections that control the channel half-open: they send
// nothing more. An empty uuid means all connections.
func (s *Switch) Mute(uuid string) {
	for _, l := range s.controllers(uuid) {
		l.muted.Store(true)
	}
}

// Inject writes raw bytes to the connections that control the channel, between two
// packets or in the middle of one. An empty uuid means all connections.
func (s *Switch) Inject(uuid, raw string) {
	for _, l := range s.controllers(uuid) {
		_, _ = l.conn.Write([]byte(raw)) // a connection that is gone gets nothing
	}
}

func (s *Switch) controllers(uuid string) []*connection {
	if uuid == "" {
		return s.allConnections()
	}
	c := s.find(uuid)
	if c == nil {
		return nil
	}
	return load(&c.mu, &c.controllers) // never changed in place
}

// faultInApp cuts or hangs up as an application begins.
func (s *Switch) faultInApp(c *channel, app string) {
	f := load(&s.mu, &s.fault)
	if f.CutInApp != "" && strings.EqualFold(f.CutInApp, app) {
		s.Cut(c.uuid)
	}
	if f.HangupInApp != "" && strings.EqualFold(f.HangupInApp, app) {
		c.hangup("NORMAL_CLEARING")
	}
}

// faultBefore applies the faults that come before an answer, and reports whether
// there will be no answer.
func (l *connection) faultBefore() bool {
	f := l.fault
	if f.Delay > 0 {
		timer := l.sw.clk.NewTimer(f.Delay)
		select {
		case <-timer.C:
		case <-l.kill:
			timer.Stop()
		}
	}
	if f.Mute {
		l.muted.Store(true)
	}
	if f.CutAtCommand == l.count {
		l.cut()
		l.running = false
		return true
	}
	return false
}

// reply writes an answer at once, before any queued event.
func (l *connection) reply(answer []byte) {
	if len(answer) == 0 {
		return
	}
	switch l.count {
	case l.fault.GarbageAtCommand:
		answer = []byte(l.fault.Garbage)
		if len(answer) == 0 {
			answer = []byte("\x00\xff\x16\x03\x01 no frame \r\n:::\n\n")
		}
	case l.fault.HalfAtCommand:
		l.out = append(l.out, answer[:len(answer)/2]...)
		l.flush()
		l.cut()
		l.running = false
		return
	}
	l.out = append(l.out, answer...)
	l.flush()
}
