package syntax

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// A Cause is a reason for a hangup.
type Cause struct {
	Name   string
	Number int // Q.850's up to 127, FreeSWITCH's own above
	SIP    int // the status with which mod_sofia refuses a call for it (mod_sofia.c:hangup_cause_to_sip)
}

// ParseCause reads a hangup cause, a name in any case or a number, and returns
// its name. A number without a name is returned as it is, because FreeSWITCH
// accepts every number. The error for anything else says what may be meant.
func ParseCause(text string) (string, error) {
	if name, ok := CauseName(text); ok {
		return name, nil
	}
	if near := spell.Nearest(text, CauseNames()); near != "" {
		return "", fmt.Errorf("%.64q is not a hangup cause; did you mean %s?", text, near)
	}
	return "", fmt.Errorf("%.64q is not a hangup cause; use a name such as NORMAL_CLEARING, USER_BUSY or ALLOTTED_TIMEOUT", text)
}

// CauseName reads a hangup cause as ParseCause does. For anything else it returns
// NORMAL_CLEARING and false, as FreeSWITCH reads it so
// (switch_channel.c:switch_channel_str2cause).
func CauseName(text string) (name string, ok bool) {
	if c, ok := LookupCause(text); ok {
		return c.Name, true
	}
	if isNumber(text) {
		return text, true
	}
	return "NORMAL_CLEARING", false
}

// LookupCause finds the cause with a name, in any case, or a number.
func LookupCause(text string) (Cause, bool) {
	number := -1
	if isNumber(text) {
		number, _ = strconv.Atoi(text)
	}
	for _, c := range causes {
		if c.Number == number || len(c.Name) == len(text) && strings.EqualFold(c.Name, text) {
			return c, true
		}
	}
	return Cause{}, false
}

// CauseNames returns the names of all causes.
func CauseNames() []string {
	names := make([]string, len(causes))
	for i, c := range causes {
		names[i] = c.Name
	}
	return names
}

func isNumber(text string) bool {
	return text != "" && len(text) < 6 && strings.Trim(text, "0123456789") == ""
}

// causes is the table CAUSE_CHART of switch_channel.c.
var causes = []Cause{
	{"NONE", 0, 480},
	{"UNALLOCATED_NUMBER", 1, 404}, {"NO_ROUTE_TRANSIT_NET", 2, 404}, {"NO_ROUTE_DESTINATION", 3, 404},
	{"CHANNEL_UNACCEPTABLE", 6, 480}, {"CALL_AWARDED_DELIVERED", 7, 480},
	{"NORMAL_CLEARING", 16, 480}, {"USER_BUSY", 17, 486}, {"NO_USER_RESPONSE", 18, 408}, {"NO_ANSWER", 19, 480},
	{"SUBSCRIBER_ABSENT", 20, 480}, {"CALL_REJECTED", 21, 603},
	{"NUMBER_CHANGED", 22, 410}, {"REDIRECTION_TO_NEW_DESTINATION", 23, 410},
	{"EXCHANGE_ROUTING_ERROR", 25, 483}, {"DESTINATION_OUT_OF_ORDER", 27, 502},
	{"INVALID_NUMBER_FORMAT", 28, 484}, {"FACILITY_REJECTED", 29, 501},
	{"RESPONSE_TO_STATUS_ENQUIRY", 30, 480}, {"NORMAL_UNSPECIFIED", 31, 480},
	{"NORMAL_CIRCUIT_CONGESTION", 34, 503}, {"NETWORK_OUT_OF_ORDER", 38, 503},
	{"NORMAL_TEMPORARY_FAILURE", 41, 503}, {"SWITCH_CONGESTION", 42, 503},
	{"ACCESS_INFO_DISCARDED", 43, 480}, {"REQUESTED_CHAN_UNAVAIL", 44, 503}, {"PRE_EMPTED", 45, 480},
	{"FACILITY_NOT_SUBSCRIBED", 50, 480}, {"OUTGOING_CALL_BARRED", 52, 403}, {"INCOMING_CALL_BARRED", 54, 403},
	{"BEARERCAPABILITY_NOTAUTH", 57, 403}, {"BEARERCAPABILITY_NOTAVAIL", 58, 503},
	{"SERVICE_UNAVAILABLE", 63, 480}, {"BEARERCAPABILITY_NOTIMPL", 65, 488},
	{"CHAN_NOT_IMPLEMENTED", 66, 480}, {"FACILITY_NOT_IMPLEMENTED", 69, 501}, {"SERVICE_NOT_IMPLEMENTED", 79, 501},
	{"INVALID_CALL_REFERENCE", 81, 480}, {"INCOMPATIBLE_DESTINATION", 88, 488}, {"INVALID_MSG_UNSPECIFIED", 95, 480},
	{"MANDATORY_IE_MISSING", 96, 480}, {"MESSAGE_TYPE_NONEXIST", 97, 480}, {"WRONG_MESSAGE", 98, 480},
	{"IE_NONEXIST", 99, 480}, {"INVALID_IE_CONTENTS", 100, 480}, {"WRONG_CALL_STATE", 101, 480},
	{"RECOVERY_ON_TIMER_EXPIRE", 102, 504}, {"MANDATORY_IE_LENGTH_ERROR", 103, 480},
	{"PROTOCOL_ERROR", 111, 480}, {"INTERWORKING", 127, 480},
	{"SUCCESS", 142, 480}, {"ORIGINATOR_CANCEL", 487, 487},
	{"CRASH", 700, 480}, {"SYSTEM_SHUTDOWN", 701, 480}, {"LOSE_RACE", 702, 480}, {"MANAGER_REQUEST", 703, 480},
	{"BLIND_TRANSFER", 800, 480}, {"ATTENDED_TRANSFER", 801, 480}, {"ALLOTTED_TIMEOUT", 802, 480},
	{"USER_CHALLENGE", 803, 480}, {"MEDIA_TIMEOUT", 804, 480}, {"PICKED_OFF", 805, 480},
	{"USER_NOT_REGISTERED", 806, 480}, {"PROGRESS_TIMEOUT", 807, 480}, {"INVALID_GATEWAY", 808, 484},
	{"GATEWAY_DOWN", 809, 503}, {"INVALID_URL", 810, 484}, {"INVALID_PROFILE", 811, 502}, {"NO_PICKUP", 812, 480},
	{"SRTP_READ_ERROR", 813, 480}, {"BOWOUT", 814, 480}, {"BUSY_EVERYWHERE", 815, 600}, {"DECLINE", 816, 603},
	{"DOES_NOT_EXIST_ANYWHERE", 817, 604}, {"NOT_ACCEPTABLE", 818, 606}, {"UNWANTED", 819, 607},
	{"NO_IDENTITY", 820, 428}, {"BAD_IDENTITY_INFO", 821, 429}, {"UNSUPPORTED_CERTIFICATE", 822, 437},
	{"INVALID_IDENTITY", 823, 438}, {"STALE_DATE", 824, 403}, {"REJECT_ALL", 825, 603},
}
