package syntax

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// CheckEventName returns FreeSWITCH's name of an event. The error says what was perhaps
// meant.
func CheckEventName(text string) (string, error) {
	if name, ok := EventName(text); ok {
		return name, nil
	}
	upper := strings.ToUpper(text)
	if instead, ok := formerEvents[upper]; ok {
		return "", fmt.Errorf("FreeSWITCH has no event %q any more: %s", text, instead)
	}
	if strings.Contains(text, "::") {
		return "", fmt.Errorf("FreeSWITCH has no event %q; that looks like a subclass: write CUSTOM %s", text, text)
	}
	if near := spell.Nearest(upper, EventNames()); near != "" {
		return "", fmt.Errorf("FreeSWITCH has no event %q; did you mean %s?", text, near)
	}
	return "", fmt.Errorf("FreeSWITCH has no event %q; events of modules are CUSTOM, with a subclass", text)
}

// formerEvents are names that documentation and older versions have, and FreeSWITCH 1.11
// has not (switch_event.c:EVENT_NAMES).
var formerEvents = map[string]string{
	"CDR":                  "write CHANNEL_HANGUP_COMPLETE, which has the same data",
	"CHANNEL_CDR":          "write CHANNEL_HANGUP_COMPLETE, which has the same data",
	"CHANNEL_GLOBAL":       "its data come with every event of a channel; write CHANNEL_DATA or CHANNEL_CREATE",
	"CHANNEL_RINGING":      "write CHANNEL_PROGRESS",
	"CHANNEL_EARLY_MEDIA":  "write CHANNEL_PROGRESS_MEDIA",
	"CHANNEL_RESURRECT":    "write CHANNEL_CREATE",
	"CHANNEL_STATE_CHANGE": "write CHANNEL_STATE or CHANNEL_CALLSTATE",
	"INBOUND_CHANNEL":      "write CHANNEL_CREATE with the filter {[\"Call-Direction\"] = \"inbound\"}",
	"OUTBOUND_CHANNEL":     "write CHANNEL_CREATE with the filter {[\"Call-Direction\"] = \"outbound\"}",
	"LOAD_MODULE":          "write MODULE_LOAD",
	"UNLOAD_MODULE":        "write MODULE_UNLOAD",
	"PRESENCE":             "write PRESENCE_IN, PRESENCE_OUT or PRESENCE_PROBE",
	"QUEUE_LEN":            "write on(\"CUSTOM callcenter::info\"), or ask with the API",
	"RECORD":               "write RECORD_START or RECORD_STOP",
	"PLAYBACK":             "write PLAYBACK_START or PLAYBACK_STOP",
	"MEDIA_BUG":            "write MEDIA_BUG_START or MEDIA_BUG_STOP",
	"RELOAD_XML":           "write RELOADXML",
	"RESCHEDULE":           "write RE_SCHEDULE",
	"REGISTER":             "write CUSTOM sofia::register",
	"UNREGISTER":           "write CUSTOM sofia::unregister",
	"SECURE":               "write CALL_SECURE",
}
