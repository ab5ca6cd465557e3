package syntax

import "strings"

// ForChannel writes an API command for the channel with a uuid. That may be a SIP
// Call-ID (inbound-use-callid-as-uuid) with quotes, braces or backslashes in it. Most
// commands split their arguments, but these take the uuid as it is: to the end of the
// line, or to the first blank (mod_commands.c: uuid_exists_function,
// uuid_flush_dtmf_function, park_function, kill_function, break_function). No form of
// uuid_break reaches a channel whose uuid holds a blank; FreeSWITCH then answers that
// there is no such channel.
func ForChannel(command, uuid, arguments string) string {
	word := Word(uuid)
	switch command {
	case "uuid_exists", "uuid_flush_dtmf", "uuid_park":
		word = uuid
	case "uuid_kill", "uuid_break":
		switch {
		case !strings.Contains(uuid, " "):
			word = uuid
		case command == "uuid_kill": // the same, but it splits
			command = "sched_hangup +0"
		}
	}
	if arguments == "" {
		return command + " " + word
	}
	return command + " " + word + " " + arguments
}

// IsPlainUUID reports whether a uuid means itself in every text of FreeSWITCH, also
// within ${} and before a blank. A Call-ID need not.
func IsPlainUUID(uuid string) bool {
	for i := range len(uuid) {
		switch c := uuid[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.@", c) >= 0:
		default:
			return false
		}
	}
	return uuid != ""
}
