// Package schedule owns cron's schedules: their five fields, and the moments that they mean
// in a time zone with daylight saving.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a small machine has no time zones of its own

	"github.com/robfig/cron/v3"
)

// A Schedule is a list of moments without an end.
//
// Where clocks are changed it does what Debian's cron does (cron(8)). With fixed hours,
// as in 30 2 * * *, it comes once for each time that the calendar shows: a time that is
// skipped comes when the clock has been put forward, and one that is repeated comes the
// first time. With any hour, as in */15 * * * * or 0 */2 * * *, it comes whenever a clock
// on the wall shows such a time.
type Schedule struct {
	text    string
	zone    *time.Location
	times   cron.Schedule // of a clock on the wall, as a time in UTC
	anyHour bool
}

// MostText bounds the text of a schedule.
const MostText = 256

// Parse reads the five fields of a schedule, or @daily and the like. zone is the name of a
// time zone, "" that of the machine.
func Parse(text, zone string) (*Schedule, error) {
	s := &Schedule{zone: time.Local}
	if zone != "" {
		var err error
		if s.zone, err = time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("there is no time zone %.60q: write its name, such as Europe/Berlin", zone)
		}
	}
	fields := strings.Fields(text)
	switch {
	case len(text) > MostText:
		return nil, fmt.Errorf("a schedule has at most %d bytes", MostText)
	case strings.Contains(text, "TZ="):
		return nil, errors.New("the time zone stands beside the schedule: {timezone = \"Europe/Berlin\"}")
	case len(fields) == 1 && strings.HasPrefix(text, "@") && !strings.HasPrefix(text, "@every"):
		s.anyHour = fields[0] == "@hourly"
	case len(fields) == 5:
		s.anyHour = strings.ContainsAny(fields[1][:1], "*?")
		fields[4] = sunday(fields[4])
	default:
		return nil, fmt.Errorf("%.60q has %d fields; a schedule has five: minute hour day-of-month month day-of-week, such as 30 8 * * 1-5", text, len(fields))
	}
	s.text = strings.Join(fields, " ")
	var err error
	if s.times, err = cron.ParseStandard(s.text); err != nil {
		why := err.Error()
		if _, rest, found := strings.Cut(why, "strconv.Atoi: parsing "); found {
			number, _, _ := strings.Cut(rest, ": ")
			why = number + " is no number"
		}
		return nil, fmt.Errorf("%.60q: %s; the fields are minute hour day-of-month month day-of-week", text, why)
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("%.60q: that never comes", text)
	}
	if zone != "" {
		s.text += " " + zone
	}
	return s, nil
}

// String returns the schedule, and its time zone if one was named.
func (s *Schedule) String() string { return s.text }

// sunday writes 7, which cron takes for Sunday too, as 0.
func sunday(field string) string {
	parts := strings.Split(field, ",")
	for i, p := range parts {
		if from, isRange := strings.CutSuffix(p, "-7"); isRange {
			parts[i] = from + "-6,0"
		} else if p == "7" {
			parts[i] = "0"
		}
	}
	return strings.Join(parts, ",")
}

// Next returns the first moment after t, and the zero time if there is none in the next five
// years.
func (s *Schedule) Next(t time.Time) time.Time {
	t = t.In(s.zone)
	if s.anyHour {
		return s.nextShown(t)
	}
	from := onWall(t)
	if start, _ := t.ZoneBounds(); t.Sub(start) < longestJump {
		from = from.Add(-longestJump)
	}
	for {
		wall := s.times.Next(from)
		if wall.IsZero() {
			return wall
		}
		if at := s.momentOf(wall); at.After(t) {
			return at
		}
		from = wall
	}
}

// longestJump exceeds what any clock was ever put forward or back.
const longestJump = 26 * time.Hour

// nextShown returns the next moment at which the clock shows a time of the schedule.
func (s *Schedule) nextShown(t time.Time) time.Time {
	from := onWall(t)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		wall := s.times.Next(from)
		if wall.IsZero() {
			return wall
		}
		if at := wall.Add(-time.Duration(offset) * time.Second); end.IsZero() || at.Before(end) {
			return at.In(s.zone)
		}
		t = end.In(s.zone)
		from = onWall(t).Add(-time.Second)
	}
}

// onWall returns what a clock shows at t, as a time in UTC.
func onWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// momentOf returns when a clock shows a time for the first time, or when it is put forward
// over it.
func (s *Schedule) momentOf(wall time.Time) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	start, end := t.ZoneBounds()
	switch shown := onWall(t); {
	case shown.After(wall):
		return start
	case shown.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-time.Second).In(s.zone).Zone()
	if first := wall.Add(-time.Duration(before) * time.Second); first.Before(start) {
		return first.In(s.zone)
	}
	return t
}
