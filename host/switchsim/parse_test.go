package switchsim

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

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

func TestLegsOfAGroup(t *testing.T) {
	for in, want := range map[string][]string{
		"user/1,user/2": {"user/1", "user/2"}, "[a=1,b=2]user/1,user/2": {"[a=1,b=2]user/1", "user/2"},
		`user/1\,user/2,null/3`: {"user/1,user/2", "null/3"}, "": {""}, `user/1\`: {`user/1\`},
	} {
		if got := splitLegs(in); !reflect.DeepEqual(got, want) {
			t.Errorf("splitLegs(%q): %q, want %q", in, got, want)
		}
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
	for _, h := range v.list {
		got = append(got, strings.TrimPrefix(h.Name, variablePrefix)+"="+h.Value)
	}
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
