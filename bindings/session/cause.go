package session

import "github.com/eslua/eslua/host/freeswitch/syntax"

const normalClearing = "NORMAL_CLEARING"

// hangupCause reads a cause as FreeSWITCH does: anything else is NORMAL_CLEARING.
func hangupCause(text string) string {
	cause, err := syntax.ParseCause(text)
	if err != nil {
		return normalClearing
	}
	return cause
}
