package syntax_test

import (
	"slices"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

func TestOutcomeOf(t *testing.T) {
	for cause, want := range map[string]syntax.Outcome{
		"SUCCESS": syntax.Answered, "USER_BUSY": syntax.Busy, "NO_ANSWER": syntax.NoAnswer, "call_rejected": syntax.Rejected,
		"NO_ROUTE_DESTINATION": syntax.Unallocated, "SUBSCRIBER_ABSENT": syntax.Unreachable, "INVALID_GATEWAY": syntax.GatewayDown,
		"NORMAL_TEMPORARY_FAILURE": syntax.GatewayDown, "ORIGINATOR_CANCEL": syntax.Cancelled, "INCOMPATIBLE_DESTINATION": syntax.Failed, "": syntax.Failed,
	} {
		if got := syntax.OutcomeOf(cause); got != want {
			t.Errorf("%s is %q, want %q", cause, got, want)
		}
	}
	seen := map[syntax.Outcome]int{}
	for _, cause := range syntax.CauseNames() {
		seen[syntax.OutcomeOf(cause)]++
	}
	if len(seen) != 9 {
		t.Errorf("the causes have the outcomes %v", seen)
	}
}

func TestFinalCauses(t *testing.T) {
	final := syntax.FinalCauses()
	for _, cause := range final {
		if _, ok := syntax.LookupCause(cause); !ok {
			t.Errorf("FreeSWITCH has no cause %s", cause)
		}
	}
	for _, cause := range []string{"GATEWAY_DOWN", "NORMAL_TEMPORARY_FAILURE", "NO_ANSWER", "SUBSCRIBER_ABSENT"} {
		if slices.Contains(final, cause) {
			t.Errorf("after %s another way is tried", cause)
		}
	}
}
