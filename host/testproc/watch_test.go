package testproc

import (
	"os/exec"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestIdleness(t *testing.T) {
	for name, c := range map[string]struct {
		work []time.Duration // at each look
		want int             // looks without work at the last
	}{
		"nothing":          {[]time.Duration{5 * time.Second, 5 * time.Second, 5 * time.Second}, 2},
		"works":            {[]time.Duration{5 * time.Second, 6 * time.Second, 7 * time.Second}, 0},
		"works slowly":     {[]time.Duration{5 * time.Second, 5150 * time.Millisecond, 5300 * time.Millisecond}, 0},
		"only ticks":       {[]time.Duration{5 * time.Second, 5001 * time.Millisecond, 5002 * time.Millisecond}, 2},
		"a child has gone": {[]time.Duration{5 * time.Second, 2 * time.Second, 2 * time.Second}, 1},
	} {
		got, at := 0, 0
		i := idleness{now: func() time.Duration { return c.work[at] }}
		for at = range c.work {
			got = i.look()
		}
		if got != c.want {
			t.Errorf("%s: %d looks without work, want %d", name, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	for want, work := range map[error][]time.Duration{
		nil:      {0, time.Minute, mostWork},
		errNoEnd: {mostWork, mostWork + time.Second},
		errHang:  {5, 5, 5, 5, 5, 5, 5},
	} {
		at := 0
		i := idleness{now: func() time.Duration { return work[at] }}
		var got error
		for at = range work {
			got = i.verdict()
		}
		if got != want {
			t.Errorf("after %v: %v, want %v", work, got, want)
		}
	}
}

// What children do is work, while they live and afterwards.
func TestWorkOfChildren(t *testing.T) {
	before := work()
	child := exec.Command("sh", "-c", "while :; do :; done")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for work() < before+leastWork {
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if work() < before+leastWork {
		t.Error("the work of a child that has ended is lost")
	}
}
