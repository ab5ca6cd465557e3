package store

import (
	"testing"
	"time"
)

func TestDebounce(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Unix(1e9, 0)
	for name, tc := range map[string]struct {
		notes []time.Duration // after begin
		at    time.Duration
		want  time.Duration // to wait from then
	}{
		"one change":                   {[]time.Duration{0}, 0, 50 * ms},
		"some of the quiet has passed": {[]time.Duration{0}, 20 * ms, 30 * ms},
		"ripe":                         {[]time.Duration{0}, 50 * ms, 0},
		"each change starts it again":  {[]time.Duration{0, 30 * ms, 40 * ms}, 40 * ms, 50 * ms},
		"a steady stream":              {[]time.Duration{0, 300 * ms, 600 * ms, 980 * ms}, 980 * ms, 20 * ms},
		"overdue, look again later":    {[]time.Duration{0, 1500 * ms}, 1500 * ms, 50 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			s := debounce{quiet: 50 * ms, limit: time.Second}
			for _, n := range tc.notes {
				s.note(begin.Add(n))
			}
			if got := s.wait(begin.Add(tc.at)); got != tc.want {
				t.Errorf("wait = %v, want %v", got, tc.want)
			}
		})
	}
}

func TestDebounceIsOverdueFromTheFirstChangeOn(t *testing.T) {
	begin := time.Unix(1e9, 0)
	s := debounce{quiet: 50 * time.Millisecond, limit: time.Second}
	if s.overdue(begin) {
		t.Error("overdue without any change")
	}
	s.note(begin)
	s.note(begin.Add(900 * time.Millisecond))
	if s.overdue(begin.Add(999*time.Millisecond)) || !s.overdue(begin.Add(time.Second)) {
		t.Error("overdue must begin one second after the first change")
	}
	s.reset()
	s.note(begin.Add(2 * time.Second))
	if s.overdue(begin.Add(2 * time.Second)) {
		t.Error("overdue after a new beginning")
	}
}
