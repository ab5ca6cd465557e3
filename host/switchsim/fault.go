package switchsim

import "time"

// Fault is something that goes wrong on event-socket connections made after it
// is set; the zero value is a healthy connection.
type Fault struct {
	// Refuse closes the connection as soon as it is there (inbound) or does
	// not dial at all (outbound: the dialplan continues).
	Refuse bool
	// CutAtCommand closes the connection instead of answering the nth command (from 1).
	CutAtCommand int
	// CutInApp closes the connection when this application begins.
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
}

// SetFault applies to connections made from now on.
func (s *Switch) SetFault(f Fault) {}

// Cut closes the event-socket connections that control the channel now; with
// an empty uuid all connections.
func (s *Switch) Cut(uuid string) {}

// Mute makes all present connections half-open: nothing is sent any more.
func (s *Switch) Mute() {}
