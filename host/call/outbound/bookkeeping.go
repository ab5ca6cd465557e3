package outbound

import "strings"

// IsBookkeeping reports whether an application that FreeSWITCH executes keeps for eslua what
// the next host needs to know, or digits while a call is given back: no script has asked for it.
func IsBookkeeping(app, data string) bool {
	switch app {
	case "set", "multiset":
		return strings.Contains(data, "eslua_")
	case "read":
		return strings.Contains(data, " "+heldDigits)
	case "queue_dtmf":
		return strings.Trim(data, mark) == ""
	}
	return false
}
