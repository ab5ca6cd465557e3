package switchsim

import (
	"strconv"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// startHeartbeat fires HEARTBEAT every Config.Heartbeat.
func (s *Switch) startHeartbeat() {
	every := s.cfg.Heartbeat
	if every == 0 {
		every = 20 * time.Second
	}
	if every < 0 {
		return
	}
	s.spawn(func() {
		for {
			timer := s.clk.NewTimer(every)
			select {
			case <-timer.C:
				s.heartbeat(every)
			case <-s.closing:
				timer.Stop()
				return
			}
		}
	})
}

func (s *Switch) heartbeat(every time.Duration) {
	if s.bus.Skip("HEARTBEAT", "") {
		return
	}
	count, peak := s.channelCounts()
	up := s.clk.Now().Sub(s.started)
	e := s.newEvent("HEARTBEAT", "", 20)
	for _, h := range [][2]string{
		{"Event-Info", "System Ready"}, {"Up-Time", uptime(up)}, {"FreeSWITCH-Version", version},
		{"Uptime-msec", strconv.FormatInt(up.Milliseconds(), 10)},
		{"Session-Count", strconv.Itoa(count)}, {"Max-Sessions", "20000"}, {"Session-Per-Sec", "0"},
		{"Session-Per-Sec-Last", "0"}, {"Session-Per-Sec-Max", "0"}, {"Session-Per-Sec-FiveMin", "0"},
		{"Session-Since-Startup", strconv.FormatInt(s.sessions.Load(), 10)},
		{"Session-Peak-Max", strconv.Itoa(peak)}, {"Session-Peak-FiveMin", strconv.Itoa(peak)},
		{"Idle-CPU", "99.000000"}, {"Heartbeat-Interval", strconv.Itoa(int(every / time.Second))},
	} {
		e.Headers = append(e.Headers, wire.Header{Name: h[0], Value: h[1]})
	}
	s.bus.Fire(e, "HEARTBEAT", "", "")
}
