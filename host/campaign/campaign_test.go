package campaign

import (
	"slices"
	"testing"
	"time"
)

// TestACampaign dials each number of a list as often as its outcome says, and a number
// that the list has twice, or that is not to be called, no more than that.
func TestACampaign(t *testing.T) {
	inSite(t, func(s *site) {
		h := s.start()
		d := usual("survey")
		d.Retries, d.DNC = map[string]int{"busy": 2, "NO_ANSWER": 1}, "dnc"
		l := h.load(d, "1000", "2000", "3000", "4000", "10-00", "(2000)", "1099")
		if l.Added != 5 || l.Known != 2 {
			t.Errorf("%d added, %d known", l.Added, l.Known)
		}
		sum := h.awaits("survey", Ended)
		s.wants("dialled", s.dialled(), map[string]int{"1000": 1, "2000": 3, "3000": 2, "4000": 1})
		s.wants("outcomes", sum.Progress.Outcomes, map[string]int{"answered": 1, "busy": 1, "no answer": 1, "unallocated": 1, DoNotCall: 1})
		if sum.Progress.Total != 5 || sum.Progress.Done() != 5 {
			t.Errorf("%+v", sum.Progress)
		}
		all := h.outcomes("survey")
		if a := all["1000"].Attempts; len(a) != 1 || a[0].Seconds != 10 || a[0].Cause != "NORMAL_CLEARING" || a[0].UUID == "" {
			t.Errorf("%+v", a)
		}
		if a := all["2000"].Attempts; len(a) != 3 || a[1].Began.Sub(a[0].Ended) < time.Minute || a[2].Began.Sub(a[1].Ended) < 2*time.Minute {
			t.Errorf("the pauses between attempts are not 1 and 2 minutes: %+v", a)
		}

		// The same list again, with one more: the campaign goes on with that.
		if l := h.load(d, "1000", "2000", "1001"); l.Added != 1 || l.Known != 2 {
			t.Errorf("%d added, %d known", l.Added, l.Known)
		}
		h.awaits("survey", Ended)
		s.wants("dialled", s.dialled(), map[string]int{"1000": 1, "2000": 3, "3000": 2, "4000": 1, "1001": 1})
	})
}

// TestPace: so many calls in a second, without bursts, and so many at a time.
func TestPace(t *testing.T) {
	inSite(t, func(s *site) {
		h := s.start()
		d := usual("pace")
		d.Rate = 5
		h.load(d, numbers("2", 100)...)
		h.awaits("pace", Ended)
		var at []time.Time
		for _, times := range s.dials {
			at = append(at, times...)
		}
		slices.SortFunc(at, time.Time.Compare)
		if took := at[99].Sub(at[0]); took < 19500*time.Millisecond || took > 21*time.Second {
			t.Errorf("100 calls took %v at 5 in a second", took)
		}
		for i := range len(at) - 6 {
			if at[i+6].Sub(at[i]) < time.Second {
				t.Errorf("7 calls within %v", at[i+6].Sub(at[i]))
			}
		}
	})
}

// TestAfterADeath: killed again and again, the hosts dial each number as often as its
// attempts say, and nobody more often than the retries permit.
func TestAfterADeath(t *testing.T) {
	inSite(t, func(s *site) {
		d := usual("survey")
		d.Retries = map[string]int{"busy": 1}
		h := s.start()
		h.load(d, slices.Concat(numbers("1", 100), numbers("2", 100), numbers("4", 50))...)
		for range 5 {
			time.Sleep(6700 * time.Millisecond)
			h.kill()
			h = s.start()
		}
		h.awaits("survey", Ended)
		all, unknown := h.outcomes("survey"), 0
		if len(all) != 250 {
			t.Errorf("%d numbers", len(all))
		}
		for number, n := range s.dialled() {
			e := all[number]
			if n != len(e.Attempts) {
				t.Errorf("%s was dialled %d times; its record says %+v", number, n, e)
			}
			want := 1
			if number[0] == '2' {
				want = 2
			}
			if e.Outcome == Unknown {
				unknown++
			} else if n != want {
				t.Errorf("%s was dialled %d times, not %d: %+v", number, n, want, e)
			}
		}
		if unknown > 60 {
			t.Errorf("%d are unknown", unknown)
		}
	})
}
