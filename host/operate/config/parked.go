package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A ParkedAction is something to do with a parked call whose eslua has died.
type ParkedAction string

// The actions for parked calls.
const (
	Report       ParkedAction = "report"
	HangupParked ParkedAction = "hangup"
	Reenter      ParkedAction = "reenter"
)

// Parked says what happens to parked calls whose eslua has died.
type Parked struct {
	Action ParkedAction
	Cause  string // of HangupParked
}

// UnmarshalYAML reads the action.
func (p *Parked) UnmarshalYAML(n ast.Node) error { return scalar(n, p.Set) }

// Set reads "report", "hangup CAUSE" or "reenter".
func (p *Parked) Set(text string) error {
	action, cause, _ := strings.Cut(text, " ")
	switch a := ParkedAction(action); {
	case a == HangupParked && cause != "":
		cause, err := syntax.ParseCause(cause)
		if err != nil {
			return err
		}
		*p = Parked{Action: a, Cause: cause}
		return nil
	case (a == Report || a == Reenter) && cause == "":
		*p = Parked{Action: a}
		return nil
	}
	return fmt.Errorf("%q is not an action for parked calls; %s", text,
		meant(text, "write report, hangup NORMAL_TEMPORARY_FAILURE or reenter", string(Report), string(HangupParked), string(Reenter)))
}

func (p Parked) String() string { return strings.TrimSpace(string(p.Action) + " " + p.Cause) }
