package outbound

import (
	"errors"
	"fmt"
)

// ErrStopped ends a Sleep, WaitEvent or Digit because an observer said stop.
var ErrStopped = errors.New("stopped by an observer")

// HangupError ends what waited for a call that has hung up.
type HangupError struct {
	Cause string // "NORMAL_CLEARING"; "" while only the fact is known
}

func (e *HangupError) Error() string {
	if e.Cause == "" {
		return "the call has hung up"
	}
	return "the call has hung up: " + e.Cause
}

// UnknownApplicationError is an application FreeSWITCH does not have. It never
// starts and FreeSWITCH hangs the call up with DESTINATION_OUT_OF_ORDER
// (switch_core_session.c:switch_core_session_execute_application_get_flags).
type UnknownApplicationError struct{ App string }

func (e *UnknownApplicationError) Error() string {
	return fmt.Sprintf("FreeSWITCH has no application %q and hung the call up (DESTINATION_OUT_OF_ORDER): "+
		"check the name, and with `show application` whether its module is loaded", e.App)
}

// Unwrap tells that the call is gone as well.
func (e *UnknownApplicationError) Unwrap() error {
	return &HangupError{Cause: causeUnknownApp}
}

// causeUnknownApp is what FreeSWITCH hangs up with for an unknown application.
const causeUnknownApp = "DESTINATION_OUT_OF_ORDER"
