package outbound

import (
	"errors"
	"fmt"
)

// ErrStopped comes from Sleep, WaitEvent and WaitDigit when an observer returns true.
var ErrStopped = errors.New("stopped by an observer")

// ErrMoved comes from every method that would wait for a call that has moved
// on or send it something: a transfer, a bridge or a park took it out of our socket
// application, and it is somebody else's. Its end can still be waited for.
var ErrMoved = errors.New("the call has moved on")

// A HangupError reports that the call has hung up.
type HangupError struct {
	Cause string // "NORMAL_CLEARING", or "" if it is not known yet
}

func (e *HangupError) Error() string {
	if e.Cause == "" {
		return "the call has hung up"
	}
	return "the call has hung up: " + e.Cause
}

// An UnknownApplicationError names an application that FreeSWITCH does not have.
// The application never starts, and FreeSWITCH hangs the call up with
// DESTINATION_OUT_OF_ORDER
// (switch_core_session.c:switch_core_session_execute_application_get_flags).
type UnknownApplicationError struct{ App string }

func (e *UnknownApplicationError) Error() string {
	return fmt.Sprintf("FreeSWITCH has no application %q and hung the call up (DESTINATION_OUT_OF_ORDER): "+
		"check the name, and whether its module is loaded (show application)", e.App)
}

// Unwrap returns a HangupError: the call is over, too.
func (e *UnknownApplicationError) Unwrap() error {
	return &HangupError{Cause: causeUnknownApp}
}

// causeUnknownApp is the cause of FreeSWITCH's hangup after an unknown application.
const causeUnknownApp = "DESTINATION_OUT_OF_ORDER"
