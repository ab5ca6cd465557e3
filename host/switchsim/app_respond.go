package switchsim

import "github.com/eslua/eslua/host/switchsim/text"

// respondApp refuses the caller with a status of SIP, for which mod_sofia hangs the channel
// up (sofia_glue.c:sofia_glue_sip_cause_to_freeswitch).
func respondApp(c *channel, arg string) {
	code := text.Number(arg)
	c.trace(WhoSwitch, "respond", arg)
	if code < 300 || c.isAnswered() {
		return
	}
	cause, known := map[int]string{
		401: "CALL_REJECTED", 402: "CALL_REJECTED", 403: "CALL_REJECTED", 404: "UNALLOCATED_NUMBER", 407: "CALL_REJECTED", 408: "RECOVERY_ON_TIMER_EXPIRE",
		410: "NUMBER_CHANGED", 480: "NO_USER_RESPONSE", 484: "INVALID_NUMBER_FORMAT", 486: "USER_BUSY", 487: "ORIGINATOR_CANCEL", 488: "INCOMPATIBLE_DESTINATION",
		500: "NORMAL_TEMPORARY_FAILURE", 502: "NETWORK_OUT_OF_ORDER", 503: "NORMAL_TEMPORARY_FAILURE", 600: "USER_BUSY", 603: "CALL_REJECTED", 608: "CALL_REJECTED",
	}[code]
	if !known {
		cause = "NORMAL_UNSPECIFIED"
	}
	c.hangup(cause)
}
