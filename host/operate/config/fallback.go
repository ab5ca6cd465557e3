package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Action is what a fallback does with the call.
type Action string

// The three things that can be done with a call whose script failed.
const (
	Continue Action = "continue" // the dialplan goes on
	Hangup   Action = "hangup"
	Transfer Action = "transfer"
)

// Fallback is what happens to a call whose script failed.
type Fallback struct {
	Action Action
	// Data is the hangup cause, or the extension with its dialplan and context.
	Data string
}

// UnmarshalYAML reads a fallback.
func (f *Fallback) UnmarshalYAML(n ast.Node) error { return scalar(n, f.Set) }

var (
	causeText    = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	transferText = regexp.MustCompile(`^\S+( \S+){0,2}$`)
)

// Set reads "continue", "hangup CAUSE" or "transfer EXTENSION [DIALPLAN [CONTEXT]]".
func (f *Fallback) Set(text string) error {
	action, data, _ := strings.Cut(text, " ")
	switch a := Action(action); {
	case a == Continue && data == "",
		a == Hangup && causeText.MatchString(data),
		a == Transfer && transferText.MatchString(data):
		*f = Fallback{Action: a, Data: data}
		return nil
	}
	return fmt.Errorf("%q is not a fallback; write continue, hangup NORMAL_TEMPORARY_FAILURE or transfer 9000 XML default", text)
}

func (f Fallback) String() string { return strings.TrimSpace(string(f.Action) + " " + f.Data) }
