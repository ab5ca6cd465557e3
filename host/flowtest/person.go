package flowtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/switchsim"
)

// A Person says what somebody at a telephone does.
type Person struct {
	At map[float64]string  // what they do, by the second
	On map[string][]string // what they do when a prompt or an application begins, the first time, the second time ...
}

// scripts returns the person as the switch plays it, who reacts no sooner than at the pace.
func (p Person) scripts(pace time.Duration) (steps []switchsim.Step, reactions [][]switchsim.Step, err error) {
	before := 0.0
	for _, second := range slices.Sorted(maps.Keys(p.At)) {
		if second < 0 {
			return nil, nil, fmt.Errorf("at = {[%v] = ...}: a time is a number of seconds from 0", second)
		}
		acts, err := actions(switchsim.After(seconds(second-before)), p.At[second])
		if err != nil {
			return nil, nil, err
		}
		steps, before = append(steps, acts...), second
	}
	for _, what := range slices.Sorted(maps.Keys(p.On)) {
		var reaction []switchsim.Step
		for _, text := range p.On[what] {
			begins := switchsim.OnPlayback(what)
			if app, is := strings.CutPrefix(what, "app "); is {
				begins = switchsim.OnApp(strings.TrimSpace(app))
			}
			if !strings.HasPrefix(strings.TrimSpace(text), "wait") {
				begins = begins.After(pace)
			}
			acts, err := actions(begins, text)
			if err != nil {
				return nil, nil, err
			}
			reaction = append(reaction, acts...)
		}
		reactions = append(reactions, reaction)
	}
	return steps, reactions, nil
}

// actions reads "wait 2, press 12#, hangup USER_BUSY", which begins with a step.
func actions(step switchsim.Step, text string) (steps []switchsim.Step, err error) {
	for part := range strings.SplitSeq(text, ",") {
		verb, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		rest = strings.TrimSpace(rest)
		switch verb {
		case "wait":
			n, err := strconv.ParseFloat(rest, 64)
			if err != nil || n < 0 {
				return nil, fmt.Errorf("%q: write wait SECONDS", strings.TrimSpace(part))
			}
			step = step.After(seconds(n))
			continue
		case "press":
			digits := strings.ReplaceAll(rest, " ", "")
			if digits == "" || strings.Trim(digits, "0123456789*#ABCDabcdwW") != "" {
				return nil, fmt.Errorf("%q: the keys are 0 to 9, *, #, A to D, and w and W for half a second and a whole one between them", strings.TrimSpace(part))
			}
			steps = append(steps, step.Press(digits))
		case "hangup":
			cause, err := syntax.ParseCause(cmp.Or(rest, "NORMAL_CLEARING"))
			if err != nil {
				return nil, err
			}
			steps = append(steps, step.Hangup(cause))
		default:
			return nil, fmt.Errorf("%q: what a person does is press DIGITS, hangup, hangup CAUSE or wait SECONDS, with commas between them", strings.TrimSpace(part))
		}
		step = switchsim.After(0)
	}
	return append(steps, step), nil
}

// seconds returns a time that a test gives: what is none, such as 0/0, is 0.
func seconds(n float64) time.Duration {
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n, LongestWait.Seconds()) * float64(time.Second))
}

// Cause returns the name of a cause; "" is none.
func Cause(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return syntax.ParseCause(text)
}
