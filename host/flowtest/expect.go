package flowtest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// An Expected says what must be true of a call that has ended. What is nil, or empty, is
// not compared.
type Expected struct {
	Apps      []string // "playback welcome.wav": applications in order, with * for any text and ... for any applications
	Cause     string
	Variables map[string]string
	Heard     []Prompt
	Legs      []string // "user/1000 USER_BUSY", in the order in which they were dialled
	Log       []string // texts in lines of the log, in this order
	Error     string   // a text in the script's error
	Ends      float64  // the second of the hangup; 0: any
	Requests  []Request
}

// A Prompt is a sound that the caller hears.
type Prompt struct {
	Path string
	At   float64 // the second at which it begins, from the begin of the call; negative: any
}

// A Mismatch tells what is not as it was expected.
type Mismatch struct {
	What       string // such as "applications"
	Text       string // one line
	Want, Seen string
	UUID       string
	rung       int // the number of the rung at which it shows; 0: none
}

func (m Mismatch) String() string {
	if m.Want == "" {
		return m.Text
	}
	return m.Text + "; expected " + m.Want
}

func (m Mismatch) expected() string {
	if m.Want == "" {
		return m.Text
	}
	return "expected " + m.Want
}

// tolerance bounds how far a time may be from what is expected: FreeSWITCH works in frames of
// 20 ms, and tests are written in tenths of a second.
const tolerance = 0.1

// Check compares what was expected with what was seen.
func (c *Call) Check(want Expected) (wrong []Mismatch) {
	if want.Error != "" {
		wrong = append(wrong, c.checkError(want.Error)...)
	}
	if want.Apps != nil {
		wrong = append(wrong, c.checkApps(want.Apps)...)
	}
	if want.Heard != nil {
		wrong = append(wrong, c.checkHeard(want.Heard)...)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Variables)) {
		if seen := c.Variable(name); !like(want.Variables[name], seen) {
			wrong = append(wrong, Mismatch{What: "variable", Text: fmt.Sprintf("the variable %s is %q", name, seen), Want: fmt.Sprintf("%s = %q", name, want.Variables[name]), Seen: fmt.Sprintf("%q", seen)})
		}
	}
	if seen := c.Cause(); want.Cause != "" && !like(want.Cause, seen) {
		wrong = append(wrong, Mismatch{What: "cause", Text: "the call ended with " + seen, Want: want.Cause, Seen: seen, UUID: c.uuid, rung: c.hangup().order + 1})
	}
	if h := c.hangup(); want.Ends > 0 && math.Abs(c.second(h)-want.Ends) > tolerance {
		wrong = append(wrong, Mismatch{What: "end", Text: fmt.Sprintf("the call ended at second %.3f", c.second(h)), Want: fmt.Sprintf("the hangup at second %v", want.Ends), UUID: c.uuid, rung: h.order + 1})
	}
	return append(wrong, c.scene.Check(want)...)
}

// Check compares what was expected of the test as a whole with what was seen.
func (s *Scene) Check(want Expected) (wrong []Mismatch) {
	if want.Legs != nil {
		wrong = append(wrong, s.checkLegs(want.Legs)...)
	}
	if want.Log != nil {
		wrong = append(wrong, s.checkLog(want.Log)...)
	}
	if want.Requests != nil {
		wrong = append(wrong, s.web.check(want.Requests)...)
	}
	return wrong
}

func (c *Call) second(r Rung) float64 { return r.At.Sub(c.began).Seconds() }

// hangup returns the rung of the call's end.
func (c *Call) hangup() (last Rung) {
	for _, r := range c.scene.ladder.of(c.uuid, "hangup") {
		last = r
	}
	return last
}

func (c *Call) checkApps(want []string) []Mismatch {
	var rungs []Rung
	for _, r := range c.scene.ladder.of(c.uuid, "execute") {
		if !strings.HasPrefix(r.What, "socket "+c.scene.stage.Listener.Addr().String()) {
			rungs = append(rungs, r)
		}
	}
	return compare("application", want, rungs, func(r Rung) string { return r.What })
}

func (c *Call) checkHeard(want []Prompt) []Mismatch {
	var rungs []Rung
	for _, r := range c.scene.ladder.of(c.uuid, "play") {
		if strings.HasPrefix(r.What, "plays ") {
			rungs = append(rungs, r)
		}
	}
	texts := make([]string, len(want))
	times := map[string]float64{}
	for i, p := range want {
		texts[i] = p.Path
		if p.At >= 0 {
			texts[i] = fmt.Sprintf("%s at second %v", p.Path, p.At)
			times[texts[i]] = p.At
		}
	}
	return compareBy("prompt", texts, rungs, func(r Rung) string { return fmt.Sprintf("%s at second %.3f", r.What[len("plays "):], c.second(r)) }, func(want, seen string) bool {
		path, at, _ := cutLast(seen, " at second ")
		second, timed := times[want]
		if timed {
			want, _, _ = cutLast(want, " at second ")
			var n float64
			_, _ = fmt.Sscan(at, &n)
			if math.Abs(n-second) > tolerance {
				return false
			}
		}
		return like(want, path) || strings.HasSuffix(path, "/"+want)
	})
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (s *Scene) checkLegs(want []string) []Mismatch {
	var seen []string
	var rungs []Rung
	for _, r := range s.sim.Records() {
		if r.Direction != "outbound" {
			continue
		}
		seen = append(seen, strings.TrimSpace(r.Dial+" "+r.Cause))
		rungs = append(rungs, s.ladder.last(r.UUID))
	}
	return compareWith("leg", want, seen, rungs, like)
}

func (s *Scene) checkLog(want []string) []Mismatch {
	rungs := s.ladder.of("", "log")
	at := 0
	for _, text := range want {
		found := slices.IndexFunc(rungs[at:], func(r Rung) bool { return strings.Contains(r.What, text) || like("*"+text+"*", r.What) })
		if found < 0 {
			return []Mismatch{{What: "log", Text: fmt.Sprintf("the log has no line with %q", text), Want: fmt.Sprintf("a line of the log with %q", text)}}
		}
		at += found + 1
	}
	return nil
}

func (c *Call) checkError(want string) []Mismatch {
	l := c.scene.ladder
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.errors {
		if e.uuid == c.uuid && (strings.Contains(e.text, want) || like("*"+want+"*", e.text)) {
			c.quiet = true
			return nil
		}
	}
	return []Mismatch{{What: "error", Text: "the script did not fail", Want: fmt.Sprintf("the script's error %q", want)}}
}

// Errors returns the errors of scripts that no test has expected.
func (s *Scene) Errors() (list []Mismatch) {
	expected := map[string]bool{}
	for _, c := range s.calls {
		expected[c.uuid] = c.quiet
	}
	s.ladder.mu.Lock()
	defer s.ladder.mu.Unlock()
	for _, e := range s.ladder.errors {
		if !expected[e.uuid] {
			list = append(list, Mismatch{What: "script error", Text: e.text, UUID: e.uuid, rung: e.order})
		}
	}
	return list
}

// last returns the last rung of a channel.
func (l *ladder) last(uuid string) (last Rung) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last.order = -1
	for _, r := range l.rungs {
		if r.UUID == uuid {
			last = r
		}
	}
	return last
}

func compare(what string, want []string, rungs []Rung, text func(Rung) string) []Mismatch {
	return compareBy(what, want, rungs, text, like)
}

func compareBy(what string, want []string, rungs []Rung, text func(Rung) string, fits func(want, seen string) bool) []Mismatch {
	seen := make([]string, len(rungs))
	for i, r := range rungs {
		seen[i] = text(r)
	}
	return compareWith(what, want, seen, rungs, fits)
}

// compareWith compares lists, and tells where they part.
func compareWith(what string, want, seen []string, rungs []Rung, fits func(want, seen string) bool) []Mismatch {
	w, s, ok := align(want, seen, fits)
	if ok {
		return nil
	}
	m := Mismatch{What: what + "s"}
	if s < len(seen) {
		m.Seen, m.rung = seen[s], rungs[s].order+1
		m.Text = fmt.Sprintf("%s %d is %s", what, s+1, seen[s])
	} else {
		m.Text = fmt.Sprintf("there is no %s after %d", what, len(seen))
	}
	m.Want = "no further " + what
	if w < len(want) {
		m.Want = fmt.Sprintf("%s %s", what, want[w])
	}
	return []Mismatch{m}
}
