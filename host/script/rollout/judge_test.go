package rollout

import (
	"math"
	"testing"
)

func TestWilsonLower(t *testing.T) {
	// statsmodels.stats.proportion.proportion_confint(method="wilson")
	for _, c := range []struct {
		failed, n int64
		want      float64
	}{
		{0, 10, 0}, {1, 10, 0.0179}, {3, 10, 0.1078}, {5, 10, 0.2366}, {10, 10, 0.7225}, {10, 100, 0.0552}, {3, 3, 0.4385},
	} {
		if got := wilsonLower(c.failed, c.n); math.Abs(got-c.want) > 0.0001 {
			t.Errorf("%d of %d: %.4f, want %.4f", c.failed, c.n, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	of := func(failed, started int64) counts { return counts{started: started, ended: started, failed: failed} }
	for name, c := range map[string]struct {
		fresh, old, before counts
		due                bool
		want               verdict
	}{
		"no calls yet":                           {},
		"all is well":                            {fresh: of(0, 50), old: of(0, 500)},
		"two failures may be chance":             {fresh: of(2, 2), old: of(0, 500)},
		"three of three are not":                 {fresh: of(3, 3), old: of(0, 500), want: worse},
		"three of very many may be":              {fresh: of(3, 100), old: of(10, 500)},
		"both fail: a backend is down":           {fresh: of(9, 10), old: of(95, 100), before: of(0, 1000)},
		"fails as it did before":                 {fresh: of(3, 10), old: of(0, 4), before: of(200, 1000)},
		"fails more than before, old had none":   {fresh: of(3, 10), before: of(1, 1000), want: worse},
		"old never had any":                      {fresh: of(3, 10), want: worse},
		"few failed of those that run":           {fresh: counts{started: 400, ended: 3, failed: 3}, old: of(10, 500)},
		"due and as good":                        {fresh: of(2, 100), old: of(10, 500), due: true, want: better},
		"due and better":                         {fresh: of(0, 20), old: of(10, 500), due: true, want: better},
		"due and worse":                          {fresh: of(3, 100), old: of(10, 500), due: true, want: worse},
		"due, old had none, as it did before":    {fresh: of(1, 100), before: of(10, 1000), due: true, want: better},
		"due, old had none, worse than before":   {fresh: of(2, 100), before: of(10, 1000), due: true, want: worse},
		"due, old never had any, and fails":      {fresh: of(1, 100), due: true, want: worse},
		"due, old never had any, and is well":    {fresh: of(0, 100), due: true, want: better},
		"due: what old does now counts, not was": {fresh: of(2, 100), old: of(0, 100), before: of(500, 1000), due: true, want: worse},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judge(c.fresh, c.old, c.before, c.due); got != c.want {
				t.Errorf("judged %d, want %d", got, c.want)
			}
		})
	}
}
