package grant

import (
	"strings"
	"testing"
)

// What was written for a denied command stays refused whatever stands around
// it, and a text that can name nothing passes.
func FuzzChecks(f *testing.F) {
	for _, w := range ways() {
		f.Add(w.text)
	}
	for _, o := range ordinary() {
		f.Add(o.text)
	}
	g := Default()
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, anything) {
			return
		}
		for _, how := range []string{"api", "app", "var", "dial"} {
			_ = ask(&g, how, s)
		}
		if g.CheckAPI("system "+s) == nil || g.CheckApp("system", s) == nil {
			t.Errorf("%q: system passes", s)
		}
		if g.CheckApp("set", "a="+s+"${system(ls)}") == nil {
			t.Errorf("%q: an expansion behind it passes", s)
		}
		if g.CheckAPI("uuid_setvar 1 execute_on_answer system "+s) == nil {
			t.Errorf("%q: a variable that is executed passes", s)
		}
		if g.CheckDial("{execute_on_answer=system ls}"+s) == nil {
			t.Errorf("%q: a dial string's variable passes", s)
		}
		if err := g.CheckApp("speak", "e|v|"+s); err != nil && !strings.Contains(s, "${") && !strings.Contains(s, "%") &&
			!strings.Contains(strings.ToLower(stripQuotes(s)), "ll_str") && !strings.Contains(stripQuotes(s), "{voice}") && !strings.Contains(strings.ToLower(s), "phrase:") &&
			!strings.Contains(stripQuotes(s), "/(") && !strings.Contains(strings.ToLower(stripQuotes(s)), "tone_stream:") && !strings.Contains(strings.ToLower(stripQuotes(s)), "uuid:") {
			t.Errorf("%q cannot be spoken: %v", s, err)
		}
	})
}

func FuzzOnly(f *testing.F) {
	for _, w := range ways() {
		f.Add(w.text)
	}
	g := Grants{API: Rule{Only: []Name{"uuid_kill"}}, Apps: Rule{Only: []Name{"park"}}}
	f.Fuzz(func(t *testing.T, s string) {
		name, _, _ := strings.Cut(strings.TrimSpace(s), " ")
		if g.CheckAPI(s) == nil && name != "" && !strings.EqualFold(strings.TrimSpace(name), "uuid_kill") && !strings.Contains(s, anything) {
			t.Errorf("%q passes", s)
		}
		if !strings.Contains(s, "${") && !strings.ContainsAny(s, `'\=%`) && !strings.Contains(s, "uuid:") && !strings.Contains(s, "/(") && !strings.ContainsAny(s, "\r\n") && !strings.Contains(strings.ToLower(s), "ll_str") && !strings.Contains(strings.ToLower(s), "tone_stream:") && !strings.Contains(strings.ToLower(s), "loopback/") {
			if err := g.CheckAPI("uuid_kill " + s); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}
