package switchsim

import (
	"strings"
	"time"
)

// A Caller is a person that calls in.
type Caller struct {
	Number, Name string
	Destination  string
	Context      string            // empty is "default"
	Variables    map[string]string // set before the dialplan runs
	UUID         string            // empty is a new one
	// Script lists the person's steps; the first counts from the call's start.
	Script []Step
	// Reactions are further scripts of the person, each of which goes on by itself.
	Reactions [][]Step
}

// An Endpoint stands for a person or a gateway that originate and bridge can dial.
type Endpoint struct {
	// Dial is the dial string without its {variables}: "user/1000",
	// "sofia/gateway/gw1/*" (a trailing * matches the rest).
	Dial string
	// Channel is the channel's name; empty is made from Dial.
	Channel string
	// Cause refuses the call with this hangup cause after Ring, e.g. USER_BUSY.
	Cause string
	// Silent never answers: it rings until the caller gives up.
	Silent bool
	// Ring is how long it rings before it answers or refuses.
	Ring time.Duration
	// EarlyMedia sends CHANNEL_PROGRESS_MEDIA instead of CHANNEL_PROGRESS while ringing.
	EarlyMedia bool
	// Script lists the person's steps; the first counts from the answer.
	Script []Step
	// Reactions are further scripts of the person, each of which goes on by itself.
	Reactions [][]Step
}

// A Step has a scripted person wait for something, wait some time more, and
// act. After, OnPlayback, OnApp, OnAnswer, Press and Hangup begin a step, and each
// can be followed by After, Press and Hangup.
type Step struct {
	trigger trigger
	value   string // path or application that the trigger waits for
	delay   time.Duration
	digits  string
	hangup  string // cause; empty does not hang up
}

type trigger uint8

const (
	triggerNone trigger = iota
	triggerAnswer
	triggerApp      // an application of this name starts
	triggerPlayback // a path that contains value starts to play
)

// After waits d from the previous step.
func After(d time.Duration) Step { return Step{delay: d} }

// OnAnswer waits until the call is answered.
func OnAnswer() Step { return Step{trigger: triggerAnswer} }

// OnApp waits until the application starts; one start serves one step.
func OnApp(name string) Step { return Step{trigger: triggerApp, value: name} }

// OnPlayback waits until a path that contains part starts to play; one start serves
// one step.
func OnPlayback(part string) Step { return Step{trigger: triggerPlayback, value: part} }

// matches reports whether the step waits for this start.
func (s Step) matches(st start) bool {
	if s.trigger == triggerPlayback {
		return st.path != "" && strings.Contains(st.path, s.value)
	}
	return st.path == "" && strings.EqualFold(st.app, s.value)
}

// After adds d to the wait.
func (s Step) After(d time.Duration) Step { s.delay += d; return s }

// Press presses digits after the wait; "w" pauses half a second, "W" a whole one.
func (s Step) Press(digits string) Step { s.digits = digits; return s }

// Hangup hangs up after the wait and the digits.
func (s Step) Hangup(cause ...string) Step {
	s.hangup = "NORMAL_CLEARING"
	if len(cause) > 0 {
		s.hangup = cause[0]
	}
	return s
}
