package flowtest

import (
	"strings"
	"testing"
	"time"
)

// A time of one's own is had without go test, which eslua test is not, by a testing.T that
// is nothing but there.
func TestVirtually(t *testing.T) {
	began := time.Now()
	var passed time.Duration
	err := Virtually(func() {
		began := time.Now()
		time.Sleep(10 * time.Minute)
		passed = time.Since(began)
	})
	if err != nil || passed != 10*time.Minute || time.Since(began) > 5*time.Minute {
		t.Errorf("%v passed within %v: %v", passed, time.Since(began), err)
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*b", "ab", true}, {"*", "", true}, {"a*c*e", "abcde", true},
		{"a*a", "a", false}, {"read * # 0", "read 1 1 x # 0", true}, {"press *", "press *", true}, {"*x*x*", "x", false},
	} {
		if got := like(c.pattern, c.text); got != c.want {
			t.Errorf("%q fits %q: %v", c.text, c.pattern, got)
		}
	}
}

func TestListsAreCompared(t *testing.T) {
	for _, c := range []struct {
		want, seen string
		w, s       int // where they part; -1: nowhere
	}{
		{"a b", "a b", -1, -1}, {"a b", "a c", 1, 1}, {"a b", "a", 1, 1}, {"a", "a b", 1, 1}, {"... b", "a a b", -1, -1},
		{"a ...", "a", -1, -1}, {"a ... c", "a b b", 2, 3}, {"...", "", -1, -1}, {"", "a", 0, 0}, {"a ... b c", "a x b d", 3, 3},
	} {
		w, s, ok := align(strings.Fields(c.want), strings.Fields(c.seen), like)
		if ok != (c.w < 0) || !ok && (w != c.w || s != c.s) {
			t.Errorf("%q and %q part at %d and %d (%v)", c.want, c.seen, w, s, ok)
		}
	}
}

func TestPersons(t *testing.T) {
	for text, want := range map[string]string{
		"press 1 2 #": "", "hangup": "", "hangup USER_BUSY": "", "wait 2, press 1w2, hangup": "",
		"pres 1": "what a person does", "press": "the keys are", "press x": "the keys are", "wait": "wait SECONDS", "hangup USER_BUSSY": "did you mean USER_BUSY",
	} {
		_, _, err := Person{At: map[float64]string{1: text}}.scripts(0)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
