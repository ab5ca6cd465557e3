package pattern

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A counter is a Meter that only adds up.
type counter int

func (c *counter) ChargeCPU(units int) { *c += counter(units) }

// find runs a pattern as string.find does and writes what came out: "2-4 [b] @3" or "-".
func find(t *testing.T, subject, pattern string) string {
	t.Helper()
	m := Matcher{Subject: subject, Pattern: pattern, Meter: new(counter)}
	var start, end int
	var err error
	if strings.HasPrefix(pattern, "^") {
		m.Pattern = pattern[1:]
		end, err = m.At(0)
	} else {
		start, end, err = m.Find(0)
	}
	if err != nil {
		return err.Error()
	}
	return describe(t, &m, start, end)
}

func describe(t *testing.T, m *Matcher, start, end int) string {
	if end < 0 {
		return "-"
	}
	out := fmt.Sprintf("%d-%d", start, end)
	for i := range m.Captures() {
		c, err := m.Capture(i)
		switch {
		case err != nil:
			return err.Error()
		case c.Position:
			out += fmt.Sprintf(" @%d", c.Start)
		default:
			out += " [" + m.Subject[c.Start:c.End] + "]"
		}
	}
	return out
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ subject, pattern, want string }{
		{"", "", "0-0"},
		{"hello", "l+", "2-4"},
		{"hello", "^l", "-"},
		{"hello", "o$", "4-5"},
		{"a$b", "a$b", "0-3"},
		{"key = value", "(%w+)%s*=%s*(%w+)", "0-11 [key] [value]"},
		{"hello", "()ll()", "2-4 @2 @4"},
		{"THE (quick) fox", "%((%a+)%)", "4-11 [quick]"},
		{"f(a(b)c)d", "%b()", "1-8"},
		{"f(a(b", "%b()", "-"},
		{"THE (quick) fox", "%f[%a]%a+", "0-3"},
		{"THE (quick) fox", "%f[%l]%a+", "5-10"},
		{"end", "%f[%z]", "3-3"},
		{`"it's"`, `(["'])(.-)%1`, `0-6 ["] [it's]`},
		{"aaab", "a-b", "0-4"},
		{"aaa", "a-", "0-0"},
		{"abc", "b?c", "1-3"},
		{"ac", "ab?c", "0-2"},
		{"x-y", "[a%-]", "1-2"},
		{"x]y", "[]]", "1-2"},
		{"x^y", "[x^]+", "0-2"},
		{"abc", "[^a-b]", "2-3"},
		{"a\x00b", "\x00", "1-2"},
		{"a\x00b", "[\x00]", "1-2"},
		{"a\x00b", "%z", "1-2"},
		{"\xe9t\xe9", "[\xe0-\xef]%a", "0-2"},
		{"\xe9", "%a", "-"},
		{"tab\there", "%c", "3-4"},
		{"-", "%p", "0-1"},
		{"a b", "%S%s%S", "0-3"},
		{"0x1F", "%x+$", "2-4"},
		{"abc", "%A", "-"},
		{" ~", "%g", "1-2"},
		{"+49 30", "^%+(%d%d)%s?(%d+)$", "0-6 [49] [30]"},
		{"alo alo", "(a(lo)) %1", "0-7 [alo] [lo]"},
		{"x", "%x", "-"},
		{"[", "%[", "0-1"},
		{"ab", "(a*(.)%w(%s*))", "0-2 [ab] [a] []"},
	} {
		if got := find(t, c.subject, c.pattern); got != c.want {
			t.Errorf("%q against %q: %s, want %s", c.subject, c.pattern, got, c.want)
		}
	}
}

func TestMalformed(t *testing.T) {
	for pattern, want := range map[string]string{
		"%":                       "malformed pattern (ends with '%')",
		"a[":                      "malformed pattern (missing ']')",
		"a[]":                     "malformed pattern (missing ']')",
		"a[^]":                    "malformed pattern (missing ']')",
		"a[%":                     "malformed pattern (missing ']')",
		"a[%]":                    "malformed pattern (missing ']')",
		"a[a-":                    "malformed pattern (missing ']')",
		"%f":                      "missing '[' after '%f' in pattern",
		"%fa":                     "missing '[' after '%f' in pattern",
		"%b":                      "unbalanced pattern",
		"%b(":                     "unbalanced pattern",
		"(a":                      "unfinished capture",
		"a)":                      "invalid pattern capture",
		"%1":                      "invalid capture index",
		"(a)%2":                   "invalid capture index",
		"(%1)":                    "invalid capture index",
		strings.Repeat("()", 33):  "too many captures",
		strings.Repeat("a?", 300): "-",
		strings.Repeat("x*", 300): "pattern too complex",
	} {
		if got := find(t, "a", pattern); got != want && !(want == "-" && strings.HasPrefix(got, "0-")) {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
	}
}

func TestCaptureOutOfRange(t *testing.T) {
	m := Matcher{Subject: "a", Pattern: "(a)", Meter: new(counter)}
	if end, err := m.At(0); end != 1 || err != nil {
		t.Fatal(end, err)
	}
	var wrong Error
	if _, err := m.Capture(1); !errors.As(err, &wrong) || wrong != "invalid capture index" {
		t.Error(err)
	}
}

// TestEverythingIsCharged holds the promise that stops a hostile pattern: what takes long is charged as it goes on.
func TestEverythingIsCharged(t *testing.T) {
	long := strings.Repeat("a", 400)
	for _, c := range []struct {
		subject, pattern string
		least            int
	}{
		{long, ".-.-b", 400 * 400 * 400 / 8 / perUnit},
		{strings.Repeat(strings.Repeat("x", 1600)+"a", 10), "ab", 10 * 100 / perUnit},
		{long, "b", 400 / 16 / perUnit},
		{long, "%w*b", 400 * 400 / 4 / perUnit},
		{strings.Repeat("(", 2000), "%b()", 2000 * 2000 / 4 / perUnit},
		{long, "[" + strings.Repeat("b", 4000) + "]", 400 * 4000 / 8 / perUnit},
		{long + long, "(" + strings.Repeat("a", 399) + ")%1b", 400 * 400 / 2 / perUnit},
	} {
		var charged counter
		m := Matcher{Subject: c.subject, Pattern: c.pattern, Meter: &charged}
		if _, end, err := m.Find(0); end >= 0 || err != nil {
			t.Fatalf("%.20q: %d, %v", c.pattern, end, err)
		}
		m.Flush()
		if int(charged) < c.least {
			t.Errorf("%.20q: %d units charged, want %d or more", c.pattern, charged, c.least)
		}
		charged = 0
		if m.Flush(); charged != 0 {
			t.Errorf("%.20q: settled twice", c.pattern)
		}
	}
}

type overdrawn struct{ left int }

func (o *overdrawn) ChargeCPU(units int) {
	if o.left -= units; o.left < 0 {
		panic(o) // stands for the Lua error of the guard
	}
}

func TestAMeterStopsTheMatcher(t *testing.T) {
	defer func() {
		if _, ok := recover().(*overdrawn); !ok {
			t.Error("the matcher went on")
		}
	}()
	m := Matcher{Subject: strings.Repeat("a", 3000), Pattern: ".-.-.-.-.-b", Meter: &overdrawn{10000}}
	m.Find(0)
}
