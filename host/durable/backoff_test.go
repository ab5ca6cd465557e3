package durable

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 7: 320 * time.Second, 8: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := Backoff(n, 0.5); got != want {
			t.Errorf("after %d failures: %v, not %v", n, got, want)
		}
	}
	if least, most := Backoff(1, 0), Backoff(1, 1); least != 4500*time.Millisecond || most != 5500*time.Millisecond {
		t.Errorf("from %v to %v", least, most)
	}
}
