package text

import (
	"reflect"
	"testing"
)

// The cases marked real were asked of a FreeSWITCH 1.11.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in    string
		delim byte
		max   int
		want  []string
	}{
		{"a b  c", ' ', 10, []string{"a", "b", "c"}},
		{"user/1 &socket(h:1/x async full)", ' ', 10, []string{"user/1", "&socket(h:1/x", "async", "full)"}},
		{"user/1 '&socket(h:1/x async full)'", ' ', 10, []string{"user/1", "&socket(h:1/x async full)"}},
		{`x it's a 'test' \n`, ' ', 2, []string{"x", "its a test' \n"}},                                      // real
		{"{foo='a,b',bar='c d'}loopback/x &park", ' ', 10, []string{"{foo=a,b,bar=c d}loopback/x", "&park"}}, // real: foo becomes a
		{"a,b\\,c,'d,e'", ',', 10, []string{"a", "b,c", "d,e"}},
		{"a;b;", ';', 10, []string{"a", "b"}},
		{"a b c d", ' ', 3, []string{"a", "b", "c d"}},
		{"don't", ' ', 3, []string{"don't"}},
		{"", ' ', 3, nil},
	} {
		if got := Split(c.in, c.delim, c.max); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Split(%q): %q, want %q", c.in, got, c.want)
		}
	}
}

func TestBrackets(t *testing.T) {
	for _, c := range []struct {
		in   string
		vars [][2]string
		rest string
		ok   bool
	}{
		{"user/1", nil, "user/1", true},
		{"{a=1,b=2}user/1", [][2]string{{"a", "1"}, {"b", "2"}}, "user/1", true},
		{"{a='x,y'}{b=2}user/1", [][2]string{{"a", "x,y"}, {"b", "2"}}, "user/1", true},
		{"{^^:a=1,2:b=3}u", [][2]string{{"a", "1,2"}, {"b", "3"}}, "u", true},
		{"{a=${x}}u", [][2]string{{"a", "${x}"}}, "u", true},
		{"{a=1", nil, "{a=1", false},
	} {
		vars, rest, ok := Brackets(c.in, '{', '}')
		if !reflect.DeepEqual(vars, c.vars) || rest != c.rest || ok != c.ok {
			t.Errorf("Brackets(%q): %q %q %v", c.in, vars, rest, ok)
		}
	}
}

func TestExpand(t *testing.T) {
	lookup := func(name string) string { return map[string]string{"a": "1", "n": "abcdef", "name": "a"}[name] }
	api := func(cmd, args string) string { return "<" + cmd + "|" + args + ">" }
	for in, want := range map[string]string{
		"plain $x \\n":       "plain $x \\n",
		"${a}-${nope}-$${a}": "1--1",
		"${n:2}":             "cdef",
		"${n:1:2}":           "bc",
		"${n:-2}":            "ef",
		"${hash(a/b)}":       "<hash|a/b>",
		"${hash(${a})}":      "<hash|1>",
		"${${name}}":         "1",
		`\${a}`:              "${a}",
		"${unclosed":         "",
		"${n:9}":             "",
	} {
		if got := Expand(in, lookup, api); got != want {
			t.Errorf("Expand(%q): %q, want %q", in, got, want)
		}
	}
}

func TestCauses(t *testing.T) {
	for in, want := range map[string]string{
		"": "NORMAL_CLEARING", "user_busy": "USER_BUSY", "17": "USER_BUSY", "nonsense": "NORMAL_CLEARING",
		"802": "ALLOTTED_TIMEOUT", "999": "UNKNOWN", "16": "NORMAL_CLEARING",
	} {
		if got := Cause(in); got != want {
			t.Errorf("Cause(%q) = %s, want %s", in, got, want)
		}
	}
	if Q850("USER_BUSY") != 17 || Q850("ALLOTTED_TIMEOUT") != 16 {
		t.Error("Q.850 numbers end at 127, all others are 16")
	}
}
