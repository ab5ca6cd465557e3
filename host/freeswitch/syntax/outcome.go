package syntax

import (
	"slices"
	"strings"
)

// An Outcome says in the words of a telephone call what came of dialling.
type Outcome string

// The outcomes.
const (
	Answered    Outcome = "answered"
	Busy        Outcome = "busy"
	NoAnswer    Outcome = "no answer"   // it rang, or was there, and nobody took the call in time
	Rejected    Outcome = "rejected"    // by the callee, or for the caller
	Unallocated Outcome = "unallocated" // there is no such number
	Unreachable Outcome = "unreachable" // the phone is not registered or does not reply
	GatewayDown Outcome = "gateway down"
	Cancelled   Outcome = "cancelled"
	Failed      Outcome = "failed" // for another reason
)

// outcomes lists causes by what they mean for who dialled. FreeSWITCH gives NO_ANSWER
// after originate_timeout, ALLOTTED_TIMEOUT after leg_timeout, PROGRESS_TIMEOUT after
// progress_timeout (switch_ivr_originate.c), and for the answers of SIP the causes of
// sofia_glue.c:sofia_glue_sip_cause_to_freeswitch: NO_USER_RESPONSE for 480,
// RECOVERY_ON_TIMER_EXPIRE for 408 and 504, NORMAL_TEMPORARY_FAILURE for 503.
var outcomes = map[Outcome][]string{
	Answered:    {"SUCCESS", "NONE"},
	Busy:        {"USER_BUSY", "BUSY_EVERYWHERE"},
	NoAnswer:    {"NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT"},
	Rejected:    {"CALL_REJECTED", "DECLINE", "REJECT_ALL", "UNWANTED", "OUTGOING_CALL_BARRED", "INCOMING_CALL_BARRED", "USER_CHALLENGE"},
	Unallocated: {"UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "INVALID_NUMBER_FORMAT", "NUMBER_CHANGED", "DOES_NOT_EXIST_ANYWHERE"},
	Unreachable: {"SUBSCRIBER_ABSENT", "USER_NOT_REGISTERED", "RECOVERY_ON_TIMER_EXPIRE", "PROGRESS_TIMEOUT"},
	GatewayDown: {
		"GATEWAY_DOWN", "INVALID_GATEWAY", "INVALID_PROFILE", "NETWORK_OUT_OF_ORDER", "DESTINATION_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE",
		"SWITCH_CONGESTION", "NORMAL_CIRCUIT_CONGESTION", "REQUESTED_CHAN_UNAVAIL", "NO_ROUTE_TRANSIT_NET",
	},
	Cancelled: {"ORIGINATOR_CANCEL", "LOSE_RACE", "PICKED_OFF"},
}

// OutcomeOf returns what a hangup cause means for who dialled.
func OutcomeOf(cause string) Outcome {
	for outcome, causes := range outcomes {
		if slices.Contains(causes, strings.ToUpper(cause)) {
			return outcome
		}
	}
	return Failed
}

// FinalCauses returns the causes after which no other way to the same callee is tried: who
// was reached and did not want the call, or does not exist, is not rung again.
func FinalCauses() []string {
	return slices.Concat(outcomes[Busy], outcomes[Rejected], outcomes[Unallocated], outcomes[Cancelled])
}
