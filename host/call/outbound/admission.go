package outbound

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// dismissalTime bounds how long a call there is no room for may take to go.
const dismissalTime = 5 * time.Second

// dismiss lets the dialplan of a call go on that is one too many. Dropping the
// connection would leave the call parked (mod_event_socket.c:socket_function).
func (s *Server) dismiss(ctx context.Context, conn *esl.Conn) {
	s.full.say(s.log, s.clock.Now(), s.cfg.MaxCalls)
	sent, err := conn.Post(s.words.hello[0])
	if err != nil || !s.await(ctx, sent[0].Done(), dismissalTime) {
		return
	}
	if connect, err, _ := sent[0].Ready(); err == nil {
		s.leave(conn, connect.Get("Socket-Mode") == "async" && connect.Get("Channel-State-Number") == strconv.Itoa(stateExecute))
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
