package stdlib

import (
	"math"
	"strings"
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// osFields returns the functions of os that only need a clock.
func osFields() []Field {
	return []Field{
		fn("clock", osClock),
		fn("date", osDate),
		fn("difftime", osDifftime),
		fn("time", osTime),
	}
}

// osClock pushes the processor time that the script has used, in seconds.
func osClock(L *lua.LState) int {
	L.Push(lua.LNumber(guard.Of(L).Used().Seconds()))
	return 1
}

func osDifftime(L *lua.LState) int {
	t := argNumber(L, 1)
	var since float64
	if guard.Arg(L, 2) != lua.LNil {
		since = argNumber(L, 2)
	}
	L.Push(lua.LNumber(t - since))
	return 1
}

// now returns the time in the zone of the state's clock, which is the zone of all dates.
func now(L *lua.LState) time.Time { return guard.Of(L).Services.Clock.Now() }

// osDate pushes a date as strftime writes it in the C locale, or a table, or nil for a time that no calendar has.
func osDate(L *lua.LState) int {
	format := optString(L, 1, "%c")
	utc := strings.HasPrefix(format, "!")
	var t time.Time
	if guard.Arg(L, 2) == lua.LNil {
		t = now(L)
	} else if t = time.Unix(toInt64(argNumber(L, 2)), 0); !utc {
		t = t.In(now(L).Location())
	}
	if s := t.Unix(); s < firstSecond || s > lastSecond {
		L.Push(lua.LNil)
		return 1
	}
	var d date
	if utc {
		format = format[1:]
		d.set(t.UTC(), "GMT")
	} else {
		zone, _ := t.Zone()
		d.set(t, zone)
	}
	if format == "*t" {
		L.Push(d.table(L))
		return 1
	}
	var space [128]byte
	out := text{L: L, g: guard.Of(L), buf: space[:0]}
	d.format(&out, format)
	L.Push(out.value())
	return 1
}

// firstSecond and lastSecond are the limits of C's struct tm, whose year is an int.
var (
	firstSecond = time.Date(math.MinInt32+1901, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(math.MaxInt32+1899, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
)

func (d *date) table(L *lua.LState) *lua.LTable {
	guard.Of(L).ChargeMemory(L, guard.TableSize(0, 9))
	t := L.CreateTable(0, 9)
	t.RawSetString("sec", guard.Integer(d.second))
	t.RawSetString("min", guard.Integer(d.minute))
	t.RawSetString("hour", guard.Integer(d.hour))
	t.RawSetString("day", guard.Integer(d.day))
	t.RawSetString("month", guard.Integer(int(d.month)))
	t.RawSetString("year", guard.Integer(d.year))
	t.RawSetString("wday", guard.Integer(int(d.Weekday())+1))
	t.RawSetString("yday", guard.Integer(d.YearDay()))
	t.RawSetString("isdst", lua.LBool(d.IsDST()))
	return t
}

// osTime implements C's mktime: fields out of range carry over, so that day=0 is the last day of the month before.
func osTime(L *lua.LState) int {
	if guard.Arg(L, 1) == lua.LNil {
		L.Push(lua.LNumber(now(L).Unix()))
		return 1
	}
	t := argTable(L, 1)
	zone := now(L).Location()
	sec, minute, hour := dateField(L, t, "sec", 0), dateField(L, t, "min", 0), dateField(L, t, "hour", 12)
	day, month, year := dateField(L, t, "day", -1), dateField(L, t, "month", -1), dateField(L, t, "year", -1)
	at := time.Date(year, time.Month(month), day, hour, minute, sec, 0, zone)
	if dst := L.GetField(t, "isdst"); dst != lua.LNil {
		at = asDST(at, lua.LVAsBool(dst))
	}
	s := at.Unix()
	if s == -1 || s < firstSecond || s > lastSecond {
		L.Push(lua.LNil) // mktime's error, which it also means by one second before 1970
		return 1
	}
	L.Push(lua.LNumber(s))
	return 1
}

func dateField(L *lua.LState, t *lua.LTable, name string, otherwise int) int {
	x, ok := guard.ToNumber(L, L.GetField(t, name))
	if !ok {
		if otherwise < 0 {
			fail(L, "field '%s' missing in date table", name)
		}
		return otherwise
	}
	return int(min(max(toInt64(x), math.MinInt32), math.MaxInt32))
}

// asDST returns the moment at which a clock shows the time of t with daylight saving time, or without it, if the zone
// has such a time within half a year.
func asDST(t time.Time, dst bool) time.Time {
	if t.IsDST() == dst {
		return t
	}
	_, here := t.Zone()
	for _, months := range []int{-6, 6, -3, 3} {
		if other := t.AddDate(0, months, 0); other.IsDST() == dst {
			_, there := other.Zone()
			return t.Add(time.Duration(here-there) * time.Second)
		}
	}
	return t
}
