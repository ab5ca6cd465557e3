package switchsim

import (
	"reflect"
	"testing"
	"time"
)

// What was asked of a real FreeSWITCH 1.11 is marked so.
func TestSeparate(t *testing.T) {
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
		if got := separate(c.in, c.delim, c.max); !reflect.DeepEqual(got, c.want) {
			t.Errorf("separate(%q): %q, want %q", c.in, got, c.want)
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
		vars, rest, ok := brackets(c.in, '{', '}')
		if !reflect.DeepEqual(vars, c.vars) || rest != c.rest || ok != c.ok {
			t.Errorf("brackets(%q): %q %q %v", c.in, vars, rest, ok)
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
		"${unclosed":         "${unclosed",
		"${n:9}":             "",
	} {
		if got := expand(in, lookup, api); got != want {
			t.Errorf("expand(%q): %q, want %q", in, got, want)
		}
	}
}

func TestInlineActions(t *testing.T) {
	for in, want := range map[string][]Action{
		"answer,park":                     {{"answer", ""}, {"park", ""}},
		"playback:tone_stream://x,hangup": {{"playback", "tone_stream://x"}, {"hangup", ""}},
		"m:^:set:a=b,c^park":              {{"set", "a=b,c"}, {"park", ""}},
		"'socket:h:1/x async full',park":  {{"socket", "h:1/x async full"}, {"park", ""}},
	} {
		if got := inlineActions(in); !reflect.DeepEqual(got, want) {
			t.Errorf("inlineActions(%q): %v, want %v", in, got, want)
		}
	}
}

func TestMediaLength(t *testing.T) {
	s := New(Config{Media: map[string]time.Duration{"prompt.wav": 3 * time.Second}, StrictMedia: true})
	for path, want := range map[string]time.Duration{
		"prompt.wav":                                    3 * time.Second,
		"tone_stream://%(400,0,440)":                    400 * time.Millisecond,
		"tone_stream://%(500,250,440,480);loops=2":      1500 * time.Millisecond,
		"tone_stream://L=3;%(100,100,440)":              600 * time.Millisecond,
		"tone_stream://%(100,0,440);%(200,0,550)":       300 * time.Millisecond,
		"{loops=-1}tone_stream://%(100,0,440)":          forever,
		"tone_stream://%(1000,0,440);loops=-1":          forever,
		"silence_stream://1500":                         1500 * time.Millisecond,
		"silence_stream://-1":                           forever,
		"silence_stream://0,1400":                       0,
		"file_string://prompt.wav!silence_stream://500": 3500 * time.Millisecond,
		"local_stream://moh":                            forever,
	} {
		if got, ok := s.mediaLength(path); !ok || got != want {
			t.Errorf("%s plays %v (%v), want %v", path, got, ok, want)
		}
	}
	if _, ok := s.mediaLength("nosuch.wav"); ok {
		t.Error("with StrictMedia an unknown path is not there")
	}
}

func TestCauses(t *testing.T) {
	for in, want := range map[string]string{
		"": "NORMAL_CLEARING", "user_busy": "USER_BUSY", "17": "USER_BUSY", "nonsense": "NORMAL_CLEARING",
		"802": "ALLOTTED_TIMEOUT", "999": "UNKNOWN", "16": "NORMAL_CLEARING",
	} {
		if got := causeName(in); got != want {
			t.Errorf("causeName(%q) = %s, want %s", in, got, want)
		}
	}
	if q850("USER_BUSY") != 17 || q850("ALLOTTED_TIMEOUT") != 16 {
		t.Error("Q.850 numbers end at 127, all others are 16")
	}
}

func TestVariables(t *testing.T) {
	var v variables
	v.set("a", "1")
	v.set("b", "2")
	v.set("A", "3") // the same, without case; moves to the end
	v.push("l", "x")
	v.push("l", "y")
	v.set("m[2]", "z")
	v.set("b", "")
	var got []string
	v.each(func(name, value string) { got = append(got, name+"="+value) })
	want := []string{"A=3", "l=ARRAY::x|:y", "m=ARRAY::|:|:z"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if v.get("l[1]") != "y" || v.get("l[9]") != "" || v.get("L") != "ARRAY::x|:y" {
		t.Error("array slots are read with [n]")
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2026, 11, 20, 19, 4, 5, 0, time.UTC)
	if got := strftime(at, "%Y-%m-%d %T %% %q %s"); got != "2026-11-20 19:04:05 % %q 1795201445" {
		t.Error(got)
	}
}

func TestSocketHosts(t *testing.T) {
	for in, want := range map[string][]socketHost{
		"a":              {{host: "a", port: "8084"}},
		"a/p/q":          {{host: "a", port: "8084", path: "p/q", hasPath: true}},
		"a:1/p|b|c:2/|d": {{"a", "1", "p", true}, {"b", "1", "", false}, {"c", "2", "", true}, {"d", "2", "", false}},
		"::1:9":          {{host: "::1", port: "9"}},
	} {
		if got := socketHosts(in); !reflect.DeepEqual(got, want) {
			t.Errorf("socketHosts(%q): %+v, want %+v", in, got, want)
		}
	}
}
