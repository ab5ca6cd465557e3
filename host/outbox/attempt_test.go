package outbox

import (
	"net/http"
	"testing"
	"time"
)

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
