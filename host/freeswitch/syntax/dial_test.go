package syntax

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hostile has values as callers and scripts may have them.
var hostile = []string{
	"Jo Example", `Jo "X" O'Neil, Ltd]}`, "", " ", "  edges  ", "'", "''", "O'Neil and D'Arcy", `"`, `\`, `\\`, `a\`, `\n\s\t`, `\'`, `\,`, `a\,b`, `\|`, `\=`, `\;`,
	"]", "[", "}", "{", "}{", "][", "{{{", "}}}", "]]]", "[[[", "a}b{c}d}", "{a=b}", "[a=b]", "<a=b>", "<", ">", "a,b", "a|b", "a;b~c!d#e:f", ",", "|", ",|,",
	"a=b", "=", "==", "^^", "^^:a:b", "^^;x", ":_:", ":_:_:_:", ":_", "&park()", "&", "$", "$$", "50$ {net}", "$x", "%[a=b]", "%24%7B",
	"Müller ÅÄÖ 日本語 🙂", "tab\there", "1,[execute_on_answer=system ls]user/1001", "}user/1001", "]user/1001", "',execute_on_answer='system ls",
	"origination_nested_vars=true", "ORIGINATION_NESTED_VARS=true", "ARRAY::a|:b", "ARRAY::a|:b|:", "local_var_clobber=false", `\'],{x=y}`, "a'],b'", "\xff\xfe", "undef",
}

// refusedValues has values that no dial string can carry.
var refusedValues = map[string]string{
	"a\nb": "control character", "a\rb": "control character", "a\x00b": "control character", "\x01": "control character", "\x02": "control character", "\x1b[0m": "control character",
	"${system(ls)}": "${", `$\{x}`: "${", "$${x}": "${", "a$\\\\{": "${",
}

func written(t *testing.T, s DialString) string {
	t.Helper()
	text, err := s.Write()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkRoundTrip reads s back as FreeSWITCH would.
func checkRoundTrip(t *testing.T, s DialString) {
	t.Helper()
	text := written(t, s)
	if strings.Contains(strings.ToLower(text), "origination_nested_vars=true") {
		t.Errorf("%+v lets variables into values: %q", s, text)
	}
	read, err := ReadDialString(text)
	if err != nil || len(read) != 1 || len(read[0].Groups) != len(s.Groups) {
		t.Fatalf("%+v written as %q is read as %+v, %v", s, text, read, err)
	}
	for i, legs := range s.Groups {
		if len(read[0].Groups[i]) != len(legs) {
			t.Fatalf("%+v written as %q is read as %+v", s, text, read)
		}
		for j, leg := range legs {
			want := map[string]string{}
			for _, v := range append(append([]Var{}, s.Vars...), leg.Vars...) {
				if v.Value != "" {
					want[strings.ToLower(v.Name)] = v.Value
				}
			}
			endpoint, vars := read[0].Groups[i][j].Endpoint, effective(read[0], i, j)
			delete(vars, "local_var_clobber")
			if endpoint != leg.Endpoint || !maps.Equal(vars, want) {
				t.Errorf("%+v\nwritten as %q\nis read as %q %q\nwant       %q %q", s, text, endpoint, vars, leg.Endpoint, want)
			}
		}
	}
}

// effective returns the variables that FreeSWITCH sets on a leg
// (switch_ivr_originate.c:switch_ivr_originate), by their lower-case names.
func effective(d DialString, group, leg int) map[string]string {
	set := map[string]string{}
	local := d.Groups[group][leg].Vars
	lists := [][]Var{local, d.Vars}
	if slices.Contains(d.Vars, Var{"local_var_clobber", "true"}) {
		lists = [][]Var{d.Vars, local}
	}
	nested := slices.Contains(d.Vars, Var{"origination_nested_vars", "true"})
	for _, v := range slices.Concat(lists...) {
		if hasReference(v.Value) && !nested {
			continue
		}
		if set[strings.ToLower(v.Name)] = v.Value; v.Value == "" {
			delete(set, strings.ToLower(v.Name))
		}
	}
	return set
}

// shapes puts one value into every place it can have.
func shapes(value string) []DialString {
	v := []Var{{"origination_caller_id_name", value}, {"sip_h_X-Other", "plain"}}
	leg := Leg{Endpoint: "user/1000", Vars: []Var{{"b", value}, {"c", "d"}}}
	other := Leg{Endpoint: "sofia/internal/sip:1@[::1]:5060;x=y", Vars: []Var{{"origination_caller_id_name", "its own " + value + "."}}}
	return []DialString{
		{Vars: v, Groups: [][]Leg{{{Endpoint: "user/1000"}}}},
		{Groups: [][]Leg{{leg}}},
		{Vars: v, Groups: [][]Leg{{leg}}},
		{Vars: v, Groups: [][]Leg{{leg, other}}},
		{Vars: v, Groups: [][]Leg{{leg}, {other, leg}, {{Endpoint: "error/user_busy"}}}},
		{Groups: [][]Leg{{leg, leg, leg}}},
		{Vars: v[:1], Groups: [][]Leg{{{Endpoint: "sofia/gateway/gw/" + value + "x"}, leg}}},
	}
}

func TestDialStringsAreReadBack(t *testing.T) {
	for _, value := range hostile {
		for _, s := range shapes(value) {
			checkRoundTrip(t, s)
		}
	}
	checkRoundTrip(t, DialString{ // all at once, so that what one value opens another could close
		Vars:   everything(),
		Groups: [][]Leg{{{Endpoint: "user/1", Vars: everything()}, {Endpoint: "user/2", Vars: everything()}}, {{Endpoint: "user/3", Vars: everything()}}},
	})
}

func TestVariablesPrecedeADialString(t *testing.T) {
	for _, value := range append(torture, append(hostile, "x:_:loopback/app=system:ls", ":_:_:", "::_::_:")...) {
		if value == "" || hasReference(value) {
			continue
		}
		written := Variables([]Var{{"a", value}, {"b", "c"}})
		read, err := ReadDialString(written + "user/1000")
		if err != nil || len(read) != 1 || !slices.Equal(read[0].Vars[:1], []Var{{"a", value}}) || !slices.Contains(read[0].Vars, Var{"b", "c"}) {
			t.Errorf("%q is written as %q and read as %+v, %v", value, written, read, err)
		}
	}
}

func TestScope(t *testing.T) {
	for _, value := range torture {
		if value == "" {
			continue
		}
		text, ok := strings.CutPrefix(expand(Scope("rest ${x}", Var{"a", value}, Var{"b", "c"})), "%")
		if vars, rest, err := readGroup(text, '[', ']', ',', nil); !ok || err != nil || rest != "rest ${x}" ||
			!slices.Equal(vars, []Var{{"a", value}, {"b", "c"}}) {
			t.Errorf("%q in a scope is read as %q, %q, %v", value, vars, rest, err)
		}
	}
}

func everything() []Var {
	var vars []Var
	for i, value := range hostile {
		vars = append(vars, Var{"v" + strings.Repeat("x", i), value})
	}
	return vars
}

func TestDialStringsRefuseWhatTheyCannotCarry(t *testing.T) {
	var refused *DialError
	for value, why := range refusedValues {
		for _, s := range shapes(value) {
			if text, err := s.Write(); !errors.As(err, &refused) || !strings.Contains(refused.Reason, why) {
				t.Errorf("%q: %q, %v", value, text, err)
			}
		}
	}
	for _, s := range []DialString{
		{Vars: []Var{{"a b", "x"}}}, {Vars: []Var{{"", "x"}}}, {Vars: []Var{{"a=b", "x"}}}, {Vars: []Var{{"a,b", "x"}}}, {Vars: []Var{{"a}", "x"}}}, {Vars: []Var{{"a[1]", "x"}}},
		{Groups: [][]Leg{{{Endpoint: ""}}}}, {Groups: [][]Leg{{{Endpoint: "1000"}}}}, {Groups: [][]Leg{{{Endpoint: "[a=b]user/1"}}}},
		{Groups: [][]Leg{{{Endpoint: "{a=b}user/1"}}}}, {Groups: [][]Leg{{{Endpoint: " user/1"}}}}, {Groups: [][]Leg{make([]Leg, 129)}}, {Groups: make([][]Leg, 129)}, {Vars: make([]Var, 1001)},
		{Vars: []Var{{"a", strings.Repeat(`\\`, maxSize)}}},
	} {
		if text, err := s.Write(); !errors.As(err, &refused) {
			t.Errorf("%+v is written as %q, %v", s, text, err)
		}
	}
}

func TestDialStringsStayReadable(t *testing.T) {
	for want, s := range map[string]DialString{
		"user/1000":                 {Groups: [][]Leg{{{Endpoint: "user/1000"}}}},
		"{a=b,c=d e}user/1000":      {Vars: []Var{{"a", "b"}}, Groups: [][]Leg{{{Endpoint: "user/1000", Vars: []Var{{"c", "d e"}}}}}},
		"{a=b}user/1,user/2|user/3": {Vars: []Var{{"a", "b"}}, Groups: [][]Leg{{{Endpoint: "user/1"}, {Endpoint: "user/2"}}, {{Endpoint: "user/3"}}}},
		"[^^;a=b;c=d]user/1,user/2": {Groups: [][]Leg{{{Endpoint: "user/1", Vars: []Var{{"a", "b"}, {"c", "d"}}}, {Endpoint: "user/2"}}}},
		"{a=b}":                     {Vars: []Var{{"a", "b"}}},
		"":                          {},
		`{{,n=O\\\'Neil}}user/1`:    {Vars: []Var{{"n", "O'Neil}"}}, Groups: [][]Leg{{{Endpoint: "user/1"}}}},
		"{a=1,local_var_clobber=true}[^^;a=2]user/1,user/2": {Vars: []Var{{"a", "1"}}, Groups: [][]Leg{{{Endpoint: "user/1", Vars: []Var{{"A", "2"}}}, {Endpoint: "user/2"}}}},
	} {
		if got := written(t, s); !strings.EqualFold(got, want) {
			t.Errorf("%+v\n is %s\nwant %s", s, got, want)
		}
	}
}

func FuzzDialString(f *testing.F) {
	for _, value := range hostile {
		f.Add(value, "x")
		f.Add("}'"+value, value+`\`)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if uncarriable(a) != "" || uncarriable(b) != "" || strings.Contains(a+b, "ARRAY::") {
			return
		}
		for _, s := range shapes(a) {
			s.Vars = append(s.Vars, Var{"other", b})
			for i := range s.Groups {
				for j := range s.Groups[i] {
					leg := &s.Groups[i][j]
					leg.Vars = append(append([]Var{}, leg.Vars...), Var{"another", b})
				}
			}
			for i := range s.Groups {
				for j := range s.Groups[i] {
					if uncarriable(s.Groups[i][j].Endpoint) != "" {
						return
					}
				}
			}
			checkRoundTrip(t, s)
		}
	})
}
