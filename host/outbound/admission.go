package outbound

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// dismissal is all that is said to a call there is no room for. Dropping it
// would leave it parked: FreeSWITCH's call thread parks once the connection is
// there, and only `resume` makes that park return when the connection ends
// first (mod_event_socket.c:socket_function, switch_ivr.c:switch_ivr_park).
const dismissal = "connect\n\nresume\n\nexit\n\n"

// dismissalTime bounds how long a dismissed connection may take to go.
const dismissalTime = 5 * time.Second

// dismiss lets the dialplan of a call go on that is one too many.
func (s *Server) dismiss(nc net.Conn) {
	s.full.say(s.log, s.clock.Now(), s.cfg.MaxCalls)
	overdue := s.clock.AfterFunc(dismissalTime, func() { _ = nc.Close() })
	defer overdue.Stop()
	defer nc.Close()
	if _, err := io.WriteString(nc, dismissal); err == nil {
		_, _ = io.Copy(io.Discard, nc) // until FreeSWITCH, which has read everything, closes
	}
}

// fullLog says at most once a second how many calls were dismissed.
type fullLog struct {
	mu     sync.Mutex
	last   time.Time
	unsaid int
}

func (f *fullLog) say(log *slog.Logger, now time.Time, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsaid++
	if !f.last.IsZero() && now.Sub(f.last) < time.Second {
		return
	}
	log.Warn("no room for more calls: the dialplan goes on without eslua", "dismissed", f.unsaid, "max_calls", most)
	f.last, f.unsaid = now, 0
}
