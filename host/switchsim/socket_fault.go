package switchsim

import (
	"strings"
	"time"
)

// Fault is something that goes wrong on event-socket connections made after it
// is set; the zero value is a healthy connection.
type Fault struct {
	// Refuse closes the connection as soon as it is there (inbound) or does
	// not dial at all (outbound: the dialplan continues).
	Refuse bool
	// CutAtCommand closes the connection instead of answering the nth command (from 1).
	CutAtCommand int
	// CutInApp closes the connections of the channel when this application begins.
	CutInApp string
	// HangupInApp hangs the call up when this application begins.
	HangupInApp string
	// GarbageAtCommand sends bytes that are no frame instead of the nth answer.
	GarbageAtCommand int
	// Garbage is what is sent then; empty is some binary noise.
	Garbage string
	// HalfAtCommand sends half of the nth answer and then closes.
	HalfAtCommand int
	// Delay holds every answer back.
	Delay time.Duration
	// Mute swallows everything the switch would send (half-open connection).
	Mute bool
	// EarlyDisconnect loses the race at hangup: a connection that does not
	// linger is closed before CHANNEL_HANGUP_COMPLETE.
	EarlyDisconnect bool
	// LateRelease has the newest connection of a channel let it go too late: the
	// dialplan, which goes on because of its end (resume, socket_resume), has come
	// to the next socket by then, whose park it ends so long after that has begun.
	LateRelease time.Duration
}

// SetFault applies to connections made from now on; CutInApp and HangupInApp to
// every application that begins from now on.
func (s *Switch) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *Switch) currentFault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Cut closes the event-socket connections that control the channel now, without
// a goodbye; with an empty uuid all connections.
func (s *Switch) Cut(uuid string) {
	for _, l := range s.controllers(uuid) {
		l.cut()
	}
}

// Mute makes the connections that control the channel (all with an empty uuid)
// half-open: nothing is sent any more.
func (s *Switch) Mute(uuid string) {
	for _, l := range s.controllers(uuid) {
		l.muted.Store(true)
	}
}

// Inject writes raw bytes to the connections that control the channel (all with
// an empty uuid), between two packets or in the middle of one.
func (s *Switch) Inject(uuid, raw string) {
	for _, l := range s.controllers(uuid) {
		_, _ = l.conn.Write([]byte(raw)) // a connection that is gone gets nothing
	}
}

func (s *Switch) controllers(uuid string) []*listener {
	if uuid == "" {
		return s.allListeners()
	}
	s.mu.Lock()
	c := s.channels[uuid]
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*listener(nil), c.listeners...)
}

// faultInApp cuts or hangs up as an application begins.
func (s *Switch) faultInApp(c *channel, app string) {
	f := s.currentFault()
	if f.CutInApp != "" && strings.EqualFold(f.CutInApp, app) {
		s.Cut(c.uuid)
	}
	if f.HangupInApp != "" && strings.EqualFold(f.HangupInApp, app) {
		c.hangup("NORMAL_CLEARING")
	}
}

// faultBefore is what goes wrong instead of an answer.
func (l *listener) faultBefore() bool {
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

// reply writes an answer at once, before any event that is queued.
func (l *listener) reply(answer []byte) {
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
