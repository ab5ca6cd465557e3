package node

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Health tells what a FreeSWITCH says about itself with each HEARTBEAT
// (switch_core.c:send_heartbeat), and how quickly it answers. It is zero until the first.
type Health struct {
	RoundTrip   time.Duration `json:"round_trip_ns"`     // of a small command, with the last HEARTBEAT
	Heard       time.Time     `json:"heard,omitzero"`    // when anything was last received
	Sessions    int           `json:"sessions"`          // of all its calls, also those without a script
	MaxSessions int           `json:"max_sessions"`      // 0: not known
	IdleCPU     float64       `json:"idle_cpu"`          // percent of its machine
	Version     string        `json:"version,omitempty"` // of FreeSWITCH
}

// noteHealth records what a HEARTBEAT says. A header that is missing changes nothing.
func (l *Link) noteHealth(e esl.Event) {
	sessions, noSessions := strconv.Atoi(e.Get("Session-Count"))
	most, noMost := strconv.Atoi(e.Get("Max-Sessions"))
	idle, noIdle := strconv.ParseFloat(strings.TrimSpace(e.Get("Idle-CPU")), 64)
	l.mu.Lock()
	defer l.mu.Unlock()
	if noSessions == nil && sessions >= 0 {
		l.status.Sessions = sessions
	}
	if noMost == nil && most >= 0 {
		l.status.MaxSessions = most
	}
	if noIdle == nil && !math.IsNaN(idle) && !math.IsInf(idle, 0) {
		l.status.IdleCPU = idle
	}
	l.status.Version = shorten(e.Get("FreeSWITCH-Version"))
}

func (l *Link) noteRoundTrip(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.RoundTrip = d
}

func (l *Link) hear(at time.Time) { l.heard.Store(&at) }
