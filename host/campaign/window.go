package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a small machine has no time zones of its own
)

// A window is when people may be called, by the clock on their wall.
type window []span

// A span is a part of some days of the week, in minutes from midnight.
type span struct {
	days     [7]bool // from Sunday
	from, to int
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseWindow reads "mon-fri 09:00-18:00, sat 10:00-14:00"; without days it is every day.
func parseWindow(text string) (w window, err error) {
	if len(text) > 500 {
		return nil, errors.New("it has more than 500 characters")
	}
	for _, part := range strings.Split(strings.ToLower(text), ",") {
		s := span{}
		fields := strings.Fields(part)
		if len(fields) == 1 {
			fields = []string{"sun-sat", fields[0]}
		}
		if len(fields) != 2 {
			return nil, notWindow(part)
		}
		first, last, isRange := strings.Cut(fields[0], "-")
		if !isRange {
			last = first
		}
		i, j := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if i < 0 || j < 0 {
			return nil, notWindow(part)
		}
		for s.days[i] = true; i != j; s.days[i] = true {
			i = (i + 1) % 7
		}
		from, to, _ := strings.Cut(fields[1], "-")
		if s.from, err = minute(from); err != nil {
			return nil, notWindow(part)
		}
		if s.to, err = minute(to); err != nil || s.to <= s.from {
			return nil, notWindow(part)
		}
		w = append(w, s)
	}
	return w, nil
}

func notWindow(part string) error {
	return fmt.Errorf(`%.60q is no time: write "09:00-18:00", or with days "mon-fri 09:00-18:00, sat 10:00-14:00"; "00:00-24:00" is always`, strings.TrimSpace(part))
}

func minute(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// open reports whether it is open at a moment, whose time zone is the callee's.
func (w window) open(at time.Time) bool {
	now := at.Hour()*60 + at.Minute()
	return slices.ContainsFunc(w, func(s span) bool { return s.days[at.Weekday()] && s.from <= now && now < s.to })
}

// opens returns the first moment from at on at which it is open. It looks at each minute, so
// that it is right whatever the clocks do meanwhile: all time zones differ by whole minutes.
func (w window) opens(at time.Time) time.Time {
	if w.open(at) {
		return at
	}
	at = at.Truncate(time.Minute)
	for end := at.AddDate(0, 0, 9); at.Before(end); {
		if at = at.Add(time.Minute); w.open(at) {
			return at
		}
	}
	return at // a window has a day and a minute, so this does not happen
}

// loadZone returns a time zone; "" is that of the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %.60q: write its name, such as Europe/Berlin", name)
	}
	return zone, nil
}

// hours tell when a campaign's callees may be called. It remembers when the window opens
// next in each time zone.
type hours struct {
	window window
	zones  map[string]*hour
}

type hour struct {
	zone   *time.Location
	closed time.Time // until when it is known to be closed
}

func newHours(window window) *hours { return &hours{window, map[string]*hour{}} }

// next returns when a callee in a zone may be called, at or after now.
func (h *hours) next(zone string, now time.Time) time.Time {
	one := h.zones[zone]
	if one == nil {
		location, err := loadZone(zone)
		if err != nil {
			location = time.Local // the list was checked, and this host has fewer zones
		}
		one = &hour{zone: location}
		h.zones[zone] = one
	}
	if now.Before(one.closed) {
		return one.closed
	}
	if opens := h.window.opens(now.In(one.zone)); opens.After(now) {
		one.closed = opens
		return opens
	}
	return now
}
