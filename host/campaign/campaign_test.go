package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
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

// TestARemovedCampaign stays away, also if NATS, after its process was killed, has earlier states of
// its numbers again; a campaign of the same name starts from the beginning.
func TestARemovedCampaign(t *testing.T) {
	inSite(t, func(s *site) {
		h := s.start()
		h.load(usual("survey"), "1000")
		h.awaits("survey", Ended)
		if err := h.Decide(s.Context(), Order{Name: "survey", Do: Remove}); err != nil {
			s.Fatal(err)
		}
		back := Entry{Number: "1000", State: Done, Outcome: "answered"}
		if _, err := h.write(s.Context(), subject(numberPart, "survey", Key("1000")), back, 0); err != nil {
			s.Fatal(err)
		}
		time.Sleep(time.Hour)
		var r Record
		if _, found, err := h.read(s.Context(), subject(recordPart, "survey"), &r); !found || r.Name != "" || err != nil {
			s.Errorf("nothing says that the campaign was removed: %v, %+v, %v", found, r, err)
		}
		if list, err := h.List(s.Context()); len(list) > 0 || err != nil {
			s.Errorf("there are %+v, %v", list, err)
		}
		if l := h.load(usual("survey"), "1000"); l.Added != 1 || l.Known != 0 {
			s.Errorf("%d added, %d known", l.Added, l.Known)
		}
		h.awaits("survey", Ended)
		s.wants("dialled", s.dialled(), map[string]int{"1000": 2})
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

// TestAfterADeath: hosts that are killed again and again dial each number as often as the
// retries say, for what became of the calls meanwhile is read from the marks that they left.
func TestAfterADeath(t *testing.T) {
	for name, ends := range map[string]func(*host){"killed": func(h *host) { h.kill() }, "stopped": func(h *host) { h.stop() }} {
		t.Run(name, func(t *testing.T) {
			inSite(t, func(s *site) {
				d := usual("survey")
				d.Retries = map[string]int{"busy": 1, "no answer": 1}
				h := s.start()
				h.load(d, slices.Concat(numbers("1", 60), numbers("2", 60), numbers("3", 40), numbers("4", 40))...)
				for range 4 {
					for one := h.progress("survey"); one.Dialled < 8; one = h.progress("survey") { // while calls ring
						time.Sleep(100 * time.Millisecond)
					}
					ends(h)
					h = s.start()
				}
				h.awaits("survey", Ended)
				all := h.outcomes("survey")
				if len(all) != 200 {
					t.Errorf("%d numbers", len(all))
				}
				dialled := s.dialled()
				for number, e := range all {
					n := dialled[number]
					if n != len(e.Attempts) {
						t.Errorf("%s was dialled %d times; its record says %+v", number, n, e)
					}
					want := map[byte]int{'1': 1, '2': 2, '3': 2, '4': 1}[number[0]]
					if outcome := map[byte]string{'1': "answered", '2': "busy", '3': "no answer", '4': "unallocated"}[number[0]]; n != want || e.Outcome != outcome {
						t.Errorf("%s was dialled %d times, not %d, or is not %s: %+v", number, n, want, outcome, e)
					}
				}
				if left := s.sw.API("hash_dump db"); strings.Count(left, markEnded) > 4 { // one that was to be removed when a host ended
					t.Errorf("marks stay on the node: %s", left)
				}
			})
		})
	}
}

// TestWhoTalksIsFollowed: a call that was answered before its host died, and one that
// rings, are followed to their ends by the next host, which does not call them again.
func TestWhoTalksIsFollowed(t *testing.T) {
	inSite(t, func(s *site) {
		s.sw.SetEndpoint(switchsim.Endpoint{Dial: "sofia/gateway/carrier/1*", Ring: 8 * time.Second, Script: []switchsim.Step{switchsim.After(90 * time.Second).Hangup()}})
		d := usual("survey")
		d.Rate = 0.2 // the second one rings when the host dies
		h := s.start()
		h.load(d, "1000", "1001")
		time.Sleep(14 * time.Second)
		h.kill()
		h = s.start()
		sum := h.awaits("survey", Ended)
		s.wants("outcomes", sum.Progress.Outcomes, map[string]int{"answered": 2})
		s.wants("dialled", s.dialled(), map[string]int{"1000": 1, "1001": 1})
		for number, e := range h.outcomes("survey") {
			if a := e.Attempts[0]; a.Seconds != 90 || a.Cause != "NORMAL_CLEARING" {
				t.Errorf("%s: %+v", number, e)
			}
		}
	})
}

// TestTwoHosts: one leads, and when it is killed the other one goes on.
func TestTwoHosts(t *testing.T) {
	inSite(t, func(s *site) {
		one := s.start()
		one.load(usual("survey"), numbers("4", 100)...)
		time.Sleep(6 * time.Second)
		two := s.start()
		time.Sleep(2 * time.Second)
		if a, b := one.leads("survey"), two.leads("survey"); !a || b {
			t.Errorf("the first host leads: %t, the second: %t", a, b)
		}
		if sum, err := two.Show(s.Context(), "survey"); err != nil || sum.Progress.Done() < 10 || sum.Leader != "another host" {
			t.Errorf("the second host sees %+v, %v", sum, err)
		}
		if err := two.Decide(s.Context(), Order{Name: "survey", Do: Pause}); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Second)
		before := len(s.dialled())
		time.Sleep(time.Minute)
		if n := len(s.dialled()); n != before || n == 100 {
			t.Errorf("%d numbers were dialled, then the campaign was paused, and now there are %d", before, n)
		}
		if err := two.Decide(s.Context(), Order{Name: "survey", Do: Resume}); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Second)
		one.kill()
		two.awaits("survey", Ended)
		for number, n := range s.dialled() {
			if n != 1 {
				t.Errorf("%s was dialled %d times", number, n)
			}
		}
		if n := len(s.dialled()); n != 100 {
			t.Errorf("%d numbers were dialled", n)
		}
	})
}

// progress returns how far a campaign has come that the host leads.
func (h *host) progress(name string) Progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, _ := h.progressOf(name)
	return p
}

// leads reports whether a host leads a campaign.
func (h *host) leads(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[name] != nil && h.known[name].lead != nil
}

// TestPriority: of two campaigns the one with the greater priority goes first, and the other
// one when that has nothing to do.
func TestPriority(t *testing.T) {
	inSite(t, func(s *site) {
		h := s.start()
		low, high := usual("low"), usual("high")
		low.Priority, high.Priority, low.Rate, high.Rate = 1, 9, 30, 30
		h.load(low, numbers("21", 60)...)
		time.Sleep(3500 * time.Millisecond)
		h.load(high, numbers("22", 60)...)
		h.awaits("low", Ended)
		h.awaits("high", Ended)
		first := slices.IndexFunc(s.order, func(n string) bool { return n[:2] == "22" })
		between := 0
		for _, n := range s.order[first : len(s.order)-1] {
			if n[:2] == "22" {
				between++
			} else if between < 60 {
				t.Errorf("%s of the lower priority goes before the %d-th of the higher one", n, between)
				break
			}
		}
	})
}

// TestWaysHaveLimits: each route and the campaign as a whole have no more calls at a time
// than they may.
func TestWaysHaveLimits(t *testing.T) {
	inSite(t, func(s *site) {
		gw := "sofia/gateway/other/"
		for _, dial := range []string{gw + "1*", "sofia/gateway/carrier/1*"} {
			s.sw.SetEndpoint(switchsim.Endpoint{Dial: dial, Script: []switchsim.Step{switchsim.After(10 * time.Second).Hangup()}})
		}
		d := usual("ways")
		d.To = append(d.To, Way{Name: gw + "{number}", AtOnce: 2})
		d.AtOnce = 5
		h := s.start()
		h.load(d, numbers("1", 50)...)
		most := map[string]int{}
		for range 150 {
			time.Sleep(time.Second)
			for what, n := range map[string]int{"all": strings.Count(s.sw.API("show channels"), "\n") - 4, "other": strings.Count(s.sw.API("show channels"), "sofia/other/")} {
				most[what] = max(most[what], n)
			}
		}
		h.awaits("ways", Ended)
		routes := map[string]int{}
		for _, e := range h.outcomes("ways") {
			routes[e.Attempts[0].Route]++
		}
		if routes[gw+"{number}"] != 20 || routes["sofia/gateway/carrier/{number}"] != 30 {
			t.Errorf("the routes had %v calls", routes)
		}
		if took := s.dials[s.order[49]][0].Sub(s.dials[s.order[0]][0]); took < 90*time.Second {
			t.Errorf("50 calls of 10 s, 5 at a time, began within %v", took)
		}
	})
}

// TestWindowOfACampaign: nobody is called before it opens where he lives.
func TestWindowOfACampaign(t *testing.T) {
	inSite(t, func(s *site) { // it is midnight in UTC
		h := s.start()
		d := usual("window")
		d.Window, d.Timezone, d.Timezones = "01:20-02:00, 19:10-19:15", "Europe/Berlin", map[string]string{"41": "America/New_York"}
		h.load(d, "4000", "4100")
		time.Sleep(10 * time.Second)
		sum, err := h.Show(s.Context(), "window")
		if err != nil || sum.Progress.Waiting != 2 || sum.Progress.Note == "" {
			t.Errorf("%+v %v", sum, err)
		}
		h.awaits("window", Ended)
		for number, want := range map[string]string{"4000": "00:20", "4100": "00:10"} {
			if at := s.dials[number][0].UTC().Format("15:04"); at != want {
				t.Errorf("%s was called at %s UTC, not %s", number, at, want)
			}
		}
	})
}

// TestLimit: a node that refuses gets half, and as much as before when it takes calls again.
func TestLimit(t *testing.T) {
	now := time.Unix(0, 0)
	l := limit{sessions: 40}
	if r := l.rate(now); r != 20 {
		t.Errorf("%g", r)
	}
	l.refused(now)
	l.refused(now.Add(time.Millisecond)) // of the same second
	if r := l.rate(now); r != 10 {
		t.Errorf("%g", r)
	}
	l.refused(now.Add(time.Second))
	if r := l.rate(now.Add(time.Second)); r != 5.5 {
		t.Errorf("%g", r)
	}
	if r := l.rate(now.Add(time.Minute)); r != 20 {
		t.Errorf("%g", r)
	}
}
