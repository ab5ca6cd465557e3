package campaign

import (
	"testing"
	"time"
)

// TestWindow has the days and hours of several places, with the nights in which clocks are
// put forward and back.
func TestWindow(t *testing.T) {
	for _, c := range []struct{ window, zone, now, opens string }{
		{"08:00-21:00", "Europe/Berlin", "2026-11-28T06:59:59Z", "2026-11-28T07:00:00Z"},
		{"08:00-21:00", "Europe/Berlin", "2026-11-28T12:00:30Z", "2026-11-28T12:00:30Z"},
		{"08:00-21:00", "Europe/Berlin", "2026-11-28T20:00:00Z", "2026-11-29T07:00:00Z"},
		{"mon-fri 09:00-18:00, sat 10:00-14:00", "America/New_York", "2026-11-28T19:00:00Z", "2026-11-30T14:00:00Z"},
		{"mon-fri 09:00-18:00, sat 10:00-14:00", "America/New_York", "2026-11-28T14:30:00Z", "2026-11-28T15:00:00Z"},
		{"fri-mon 09:00-10:00", "UTC", "2026-11-30T10:00:00Z", "2026-12-04T09:00:00Z"},
		{"09:00-18:00", "Asia/Kolkata", "2026-11-28T00:00:00Z", "2026-11-28T03:30:00Z"},
		{"09:00-18:00", "Asia/Kathmandu", "2026-11-28T00:00:00Z", "2026-11-28T03:15:00Z"},
		// In Berlin clocks go from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
		{"08:00-21:00", "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"},
		{"02:15-02:45", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-30T00:15:00Z"}, // there is no such time that day
		{"02:15-04:00", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-29T01:00:00Z"}, // it is 3 at once
		{"02:00-02:30", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"}, // it is 2 for the second time
		{"sun 23:30-24:00", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25T22:30:00Z"},
		{"00:00-24:00", "", "2026-10-25T12:00:00Z", "2026-10-25T12:00:00Z"},
	} {
		w, err := parseWindow(c.window)
		if err != nil {
			t.Error(err)
			continue
		}
		now, _ := time.Parse(time.RFC3339, c.now)
		h := newHours(w)
		for range 2 { // the second time it remembers
			if got := h.next(c.zone, now).UTC().Format(time.RFC3339); got != c.opens {
				t.Errorf("%s in %s at %s opens at %s, want %s", c.window, c.zone, c.now, got, c.opens)
			}
		}
	}
	for _, wrong := range []string{"", "always", "9-18", "09:00", "18:00-09:00", "09:00-09:00", "monday 09:00-18:00", "mon-fri", "25:00-26:00", "mon 09:00-18:00 x", "09:00-24:01"} {
		if _, err := parseWindow(wrong); err == nil {
			t.Errorf("%q is a window", wrong)
		}
	}
}

// TestZones: the row's time zone counts before that of the number's first digits, and this
// before the campaign's.
func TestZones(t *testing.T) {
	d := Definition{Timezone: "UTC", Timezones: map[string]string{"+1": "America/Chicago", "+1212": "America/New_York"}}
	for _, c := range []struct{ number, zone, want string }{
		{"+12125551234", "", "America/New_York"}, {"+13125551234", "", "America/Chicago"}, {"+4930123", "", "UTC"}, {"+12125551234", "Asia/Tokyo", "Asia/Tokyo"}, {"+", "", "UTC"},
	} {
		if got := d.zoneOf(Entry{Number: c.number, Zone: c.zone}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
