package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// ParkedAction is what is done with a call that a dead eslua left parked.
type ParkedAction string

// The three things that can be done with a parked call. HangupParked has a cause.
const (
	Report       ParkedAction = "report"
	HangupParked ParkedAction = "hangup"
	Reenter      ParkedAction = "reenter"
)

// Parked is what is done with calls that a dead eslua left parked.
type Parked struct {
	Action ParkedAction
	Cause  string // of HangupParked
}

// UnmarshalYAML reads it.
func (p *Parked) UnmarshalYAML(n ast.Node) error { return scalar(n, p.Set) }

// Set reads "report", "hangup CAUSE" or "reenter".
func (p *Parked) Set(text string) error {
	action, cause, _ := strings.Cut(text, " ")
	switch a := ParkedAction(action); {
	case (a == Report || a == Reenter) && cause == "",
		a == HangupParked && causeText.MatchString(cause):
		*p = Parked{Action: a, Cause: cause}
		return nil
	}
	return fmt.Errorf("%q cannot be done with parked calls; write report, hangup NORMAL_TEMPORARY_FAILURE or reenter", text)
}

func (p Parked) String() string { return strings.TrimSpace(string(p.Action) + " " + p.Cause) }
