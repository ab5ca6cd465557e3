package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// An Action is something to do with a call whose script has failed.
type Action string

// The actions of a fallback.
const (
	Continue Action = "continue" // with the dialplan
	Hangup   Action = "hangup"
	Transfer Action = "transfer"
)

// A Fallback says what happens to a call whose script has failed.
type Fallback struct {
	Action Action
	// Data is the cause of a hangup, or the extension of a transfer with its
	// dialplan and context.
	Data string
}

// UnmarshalYAML reads a fallback.
func (f *Fallback) UnmarshalYAML(n ast.Node) error { return scalar(n, f.Set) }

var transferText = regexp.MustCompile(`^\S+( \S+){0,2}$`)

// Set reads "continue", "hangup CAUSE" or "transfer EXTENSION [DIALPLAN [CONTEXT]]".
func (f *Fallback) Set(text string) error {
	action, data, _ := strings.Cut(text, " ")
	switch a := Action(action); {
	case a == Hangup && data != "":
		cause, err := syntax.ParseCause(data)
		if err != nil {
			return err
		}
		*f = Fallback{Action: a, Data: cause}
		return nil
	case a == Continue && data == "", a == Transfer && transferText.MatchString(data):
		*f = Fallback{Action: a, Data: data}
		return nil
	}
	return fmt.Errorf("%q is not a fallback; %s", text,
		meant(text, "write continue, hangup NORMAL_TEMPORARY_FAILURE or transfer 9000 XML default", string(Continue), string(Hangup), string(Transfer)))
}

func (f Fallback) String() string { return strings.TrimSpace(string(f.Action) + " " + f.Data) }
