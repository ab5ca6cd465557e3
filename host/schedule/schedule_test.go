package schedule

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reference finds the moments of a schedule by looking at every minute.
type reference struct {
	fields [5]map[int]bool
	star   [5]bool
}

func refer(text string) (r reference) {
	bounds := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	for i, f := range strings.Fields(text) {
		r.fields[i], r.star[i] = map[int]bool{}, f == "*" || f == "*/1"
		for part := range strings.SplitSeq(f, ",") {
			span, stepText, hasStep := strings.Cut(part, "/")
			low, high, step := bounds[i][0], bounds[i][1], 1
			if hasStep {
				step, _ = strconv.Atoi(stepText)
			}
			if span != "*" {
				a, b, isRange := strings.Cut(span, "-")
				low, _ = strconv.Atoi(a)
				if isRange {
					high, _ = strconv.Atoi(b)
				} else if !hasStep {
					high = low
				}
			}
			for n := low; n <= high; n += step {
				r.fields[i][n%7*b2i(i == 4)+n*b2i(i != 4)] = true
			}
		}
	}
	return r
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r reference) matches(wall time.Time) bool {
	dom, dow := r.fields[2][wall.Day()], r.fields[4][int(wall.Weekday())]
	day := dom || dow
	if r.star[2] || r.star[4] {
		day = dom && dow
	}
	return r.fields[0][wall.Minute()] && r.fields[1][wall.Hour()] && r.fields[3][int(wall.Month())] && day
}

// moments returns those in a span of whole minutes.
func (r reference) moments(anyHour bool, from, to time.Time, zone *time.Location) (list []time.Time) {
	shown := map[time.Time]time.Time{} // when the wall showed a time first
	var order []time.Time              // real minutes
	for t := from.Add(-48 * time.Hour); t.Before(to.Add(48 * time.Hour)); t = t.Add(time.Minute) {
		wall := onWall(t.In(zone))
		if _, ok := shown[wall]; !ok {
			shown[wall] = t
		}
		order = append(order, t)
	}
	within := func(t time.Time) bool { return t.After(from) && !t.After(to) }
	seen := map[time.Time]bool{}
	add := func(t time.Time) {
		if within(t) && !seen[t] {
			seen[t] = true
			list = append(list, t)
		}
	}
	if anyHour {
		for _, t := range order {
			if r.matches(onWall(t.In(zone))) {
				add(t)
			}
		}
		return list
	}
	first, last := onWall(from.In(zone)).Add(-36*time.Hour), onWall(to.In(zone)).Add(36*time.Hour)
	for wall := first; wall.Before(last); wall = wall.Add(time.Minute) {
		if !r.matches(wall) {
			continue
		}
		at, ok := shown[wall]
		for later := wall; !ok && later.Before(last); { // the clock is put forward over it
			later = later.Add(time.Minute)
			at, ok = shown[later]
		}
		if ok {
			add(at)
		}
	}
	return list
}

// zones have each kind of change: by an hour, by half of one, at midnight, by a day, and
// of the offset itself.
var zones = []struct {
	name    string
	changes []string
}{
	{"Europe/Berlin", []string{"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"}},
	{"America/New_York", []string{"2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"}},
	{"Australia/Lord_Howe", []string{"2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"}},
	{"America/Santiago", []string{"2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"}},
	{"Pacific/Apia", []string{"2011-12-30T10:00:00Z"}},
	{"Asia/Pyongyang", []string{"2018-05-04T15:00:00Z"}},
	{"UTC", []string{"2026-02-28T23:00:00Z"}},
}

func compare(t *testing.T, text, zone string, from time.Time, span time.Duration) {
	t.Helper()
	s, err := Parse(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	want := refer(text).moments(strings.HasPrefix(strings.Fields(text)[1], "*"), from, from.Add(span), s.zone)
	var got []time.Time
	for at := s.Next(from); !at.IsZero() && !at.After(from.Add(span)); at = s.Next(at) {
		got = append(got, at.UTC())
		if len(got) > len(want)+3 {
			break
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s in %s after %v\n got %v\nwant %v", text, zone, from, got, want)
	}
}

func randomField(r *rand.Rand, low, high int) string {
	switch r.IntN(5) {
	case 0, 1:
		return "*"
	case 2:
		return fmt.Sprintf("*/%d", 1+r.IntN(high/2+1))
	case 3:
		a := low + r.IntN(high-low+1)
		return fmt.Sprintf("%d-%d", a, a+r.IntN(high-a+1))
	}
	return fmt.Sprintf("%d,%d", low+r.IntN(high-low+1), low+r.IntN(high-low+1))
}

func randomSchedule(r *rand.Rand) string {
	minute := []string{"0", "30", "*/15", "59", "7"}[r.IntN(5)]
	hour := []string{"2", "1-3", "0", "*", "*/2", "23", "0-4", "1,2"}[r.IntN(8)]
	dom, month, dow := "*", "*", "*"
	if r.IntN(3) == 0 {
		dom, dow = randomField(r, 1, 31), randomField(r, 0, 6)
	}
	return strings.Join([]string{minute, hour, dom, month, dow}, " ")
}

// A schedule comes at the moments that a search of every minute finds, around each kind of
// change of the clocks.
func TestNextAgreesWithASearchOfEveryMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, z := range zones {
		for _, change := range z.changes {
			at, err := time.Parse(time.RFC3339, change)
			if err != nil {
				t.Fatal(err)
			}
			for range 12 {
				compare(t, randomSchedule(r), z.name, at.Add(-time.Duration(r.IntN(40*60))*time.Minute), 60*time.Hour)
			}
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add(uint64(1), uint64(0), uint32(0))
	f.Fuzz(func(t *testing.T, seed, zone uint64, minutes uint32) {
		r := rand.New(rand.NewPCG(seed, 0))
		z := zones[zone%uint64(len(zones))]
		at, _ := time.Parse(time.RFC3339, z.changes[int(seed%uint64(len(z.changes)))])
		compare(t, randomSchedule(r), z.name, at.Add(time.Duration(int(minutes%(96*60))-48*60)*time.Minute), 48*time.Hour)
	})
}

func TestWhatComesWhenClocksChange(t *testing.T) {
	for _, c := range []struct{ text, from, want string }{
		{"30 2 * * *", "2026-03-28T12:00:00+01:00", "03-29 03:00 CEST, 03-30 02:30 CEST"}, // skipped
		{"30 2 * * *", "2026-10-24T12:00:00+02:00", "10-25 02:30 CEST, 10-26 02:30 CET"},  // repeated
		{"30 * * * *", "2026-10-25T01:45:00+02:00", "10-25 02:30 CEST, 10-25 02:30 CET"},
		{"*/30 * * * *", "2026-03-29T01:15:00+01:00", "03-29 01:30 CET, 03-29 03:00 CEST"},
		{"*/5 8-18 * * 1-5", "2026-11-27T18:54:00+01:00", "11-27 18:55 CET, 11-30 08:00 CET"},
		{"0 9 * * 7", "2026-11-28T09:00:00+01:00", "11-29 09:00 CET, 12-06 09:00 CET"},
		{"@daily", "2026-11-28T09:00:00+01:00", "11-29 00:00 CET, 11-30 00:00 CET"},
	} {
		s, err := Parse(c.text, "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		from, _ := time.Parse(time.RFC3339, c.from)
		first := s.Next(from)
		if got := first.Format("01-02 15:04 MST") + ", " + s.Next(first).Format("01-02 15:04 MST"); got != c.want {
			t.Errorf("%s after %s: %s, want %s", c.text, c.from, got, c.want)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"* * * *":                     "has 4 fields",
		"* * * * * *":                 "has 6 fields",
		"60 * * * *":                  "minute hour day-of-month",
		"a * * * *":                   `"a" is no number; the fields are minute hour day-of-month`,
		"-1 * * * *":                  `"" is no number`,
		"*/0 * * * *":                 "minute hour day-of-month",
		"@every 1h":                   "has 2 fields",
		"TZ=UTC * * * * *":            "{timezone =",
		"@never":                      "unrecognized descriptor",
		strings.Repeat("1,", 200):     "at most 256 bytes",
		"1-2-3 * * * *":               "too many hyphens",
		"* * 5-2 * *":                 "beginning of range",
		"9999999999999999999 * * * *": "minute hour",
		"0 0 30 2 *":                  "never comes",
	} {
		if _, err := Parse(text, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Parse("* * * * *", "Europe/Berlni"); err == nil || !strings.Contains(err.Error(), "no time zone") {
		t.Error(err)
	}
}
