package stdlib_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// The fuzz targets ask lua5.1: an input is a chunk with literals, and both must print the same.

// quote writes s as a Lua literal, byte by byte.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "\\%03d", c)
	}
	b.WriteByte('"')
	return b.String()
}

// literal writes x so that both compilers read the same.
func literal(x float64) string {
	switch {
	case math.IsNaN(x):
		return "(0/0)"
	case math.IsInf(x, 0):
		return fmt.Sprintf("(%d/0)", int(math.Copysign(1, x)))
	}
	return fmt.Sprintf("tonumber(%q)", fmt.Sprintf("%.17g", x))
}

func compare(t *testing.T, p *puc, source string) {
	t.Helper()
	compareIn(t, p, time.UTC, source)
}

func compareIn(t *testing.T, p *puc, zone *time.Location, source string) {
	t.Helper()
	ours, theirs := newScript(zone).run(source), p.run(t, source)
	if ours != theirs {
		t.Errorf("%s\nours:   %q\nlua5.1: %q", source, ours, theirs)
	}
}

func FuzzPattern(f *testing.F) {
	for _, c := range [][3]string{
		{"hello world", "l+", "<%0>"}, {"key=val", "(%w+)=(%w+)", "%2%1"}, {"f(a(b))", "%b()", ""}, {"THE fox", "%f[%a]%a+", "x"},
		{"a.b", "[^%.]*", "%%"}, {"aXb", "()%u()", "%1"}, {"aa", "(a)%1", "%9"}, {"x", "[a-", "%"}, {"", "^$", "e"}, {"a]b", "[]]", "q"},
	} {
		f.Add(c[0], c[1], c[2], 1)
	}
	p := newPUC(f)
	f.Fuzz(func(t *testing.T, subject, pattern, replacement string, init int) {
		if len(subject) > 12 || len(pattern) > 10 || len(replacement) > 6 || init < -20 || init > 20 {
			return
		}
		if strings.ContainsAny(pattern, "\x00") || strings.Contains(strings.ToLower(pattern), "%g") {
			return // differences.lua
		}
		s, q := quote(subject), quote(pattern)
		compare(t, p, fmt.Sprintf("print(pcall(string.find, %s, %s, %d))", s, q, init))
		compare(t, p, fmt.Sprintf("print(pcall(string.match, %s, %s, %d))", s, q, init))
		compare(t, p, fmt.Sprintf("print(pcall(string.gsub, %s, %s, %s))", s, q, quote(replacement)))
		compare(t, p, fmt.Sprintf("print(pcall(function() for a, b in string.gmatch(%s, %s) do print(a, b) end end))", s, q))
	})
}

func FuzzFormat(f *testing.F) {
	for _, spec := range []string{"%d", "%5.2f", "%-10s|", "%+.3e", "%#x", "%q", "%c", "%g", "%05d", "%%%s", "%", "%#g", "%.0f", "%1$d", "% 08.3i", "%#.0o"} {
		f.Add(spec, 3.75, "text")
		f.Add(spec, -1e20, "12")
	}
	p := newPUC(f)
	f.Fuzz(func(t *testing.T, spec string, x float64, s string) {
		if len(spec) > 16 || len(s) > 40 || strings.ContainsAny(spec, "aA\x00") || strings.Contains(s, "\x00") {
			return // differences.lua
		}
		if strings.Contains(spec, "c") && (math.Abs(x) > 1<<30 || int(x)&255 == 0) {
			return
		}
		compare(t, p, fmt.Sprintf("print(pcall(string.format, %s, %s))", quote(spec), literal(x)))
		if !strings.Contains(spec, "c") {
			compare(t, p, fmt.Sprintf("print(pcall(string.format, %s, %s))", quote(spec), quote(s)))
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"10", "0x1F", "1e3", " -5 ", "010", ".5", "5.", "0x.8p1", "inf", "nan", "1_0", "1e999", "-0x8", "zz", "1e+", "0x", "9007199254740993"} {
		f.Add(s, 10, 0.1)
		f.Add(s, 36, 1e15)
	}
	p := newPUC(f)
	f.Fuzz(func(t *testing.T, s string, base int, x float64) {
		if len(s) > 60 || base < -100 || base > 100 || strings.Contains(strings.ToLower(s), "nan(") {
			return
		}
		compare(t, p, fmt.Sprintf(`print(string.format("%%.17g", tonumber(%s) or 0.125))`, quote(s)))
		compare(t, p, fmt.Sprintf("print(pcall(tonumber, %s, %d))", quote(s), base))
		compare(t, p, fmt.Sprintf("print(%s, pcall(function() return %s + 1 end))", literal(x), quote(s)))
	})
}

func FuzzDate(f *testing.F) {
	for _, format := range []string{"%c", "%x %X", "%G-W%V-%u", "%j %U %W", "%C%y", "%e %k %l", "%E", "%-d", "%Q", "%"} {
		f.Add(format, int64(1700000000), 1, 31)
		f.Add(format, int64(-62135596801), 13, -5)
	}
	p, zone := newPUC(f), newYork(f)
	f.Fuzz(func(t *testing.T, format string, at int64, month, day int) {
		if len(format) > 20 || strings.ContainsAny(format, "\x00s123456789") {
			return // differences.lua
		}
		const furthest = 67767976233532799 // the last second of C's last year
		if at < furthest && at > -furthest {
			compare(t, p, fmt.Sprintf("print(os.date(%s, %d))", quote("!"+format), at))
		}
		const since, years = 1230768000, 100 * 365 * 86400 // 2009: the zone's rule is as old as 2007
		near := since + (at%years+years)%years
		compareIn(t, p, zone, fmt.Sprintf("print(os.date(%s, %d)) print(os.time(os.date('*t', %d)))", quote(format), near, near/86400*86400))
		month, day = month%500, (day%1000+1000)%1000
		compareIn(t, p, zone, fmt.Sprintf("print(os.time({year = 2070, month = %d, day = %d, hour = 12, min = %d}))", month, day, day%60))
	})
}
