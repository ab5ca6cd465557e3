package outbox

import (
	"net/http"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 7: 320 * time.Second, 8: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := backoff(n, 0.5); got != want {
			t.Errorf("after %d failures: %v, not %v", n, got, want)
		}
	}
	if least, most := backoff(1, 0), backoff(1, 1); least != 4500*time.Millisecond || most != 5500*time.Millisecond {
		t.Errorf("from %v to %v", least, most)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "90": 90 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "99999999999999": 0, "86401": 24 * time.Hour, "soon": 0,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, not %v", text, got, want)
		}
	}
}

func TestOrderToken(t *testing.T) {
	for order, want := range map[string]string{"": "-", "abc-1_2": "abc-1_2"} {
		if got := orderToken(order); got != want {
			t.Errorf("%q: %q", order, got)
		}
	}
	seen := map[string]bool{}
	for _, order := range []string{"-", "a.b", "a b", ">", "*", "ä", "a.*", "\x00"} {
		got := orderToken(order)
		if seen[got] || got == "-" || got[0] != '=' || len(got) != 23 {
			t.Errorf("%q: %q", order, got)
		}
		seen[got] = true
	}
}
