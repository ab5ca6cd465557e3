package syntax

import "strings"

// MaxDigits limits the digits that an application collects
// (mod_dptools.c:read_function).
const MaxDigits = 128

// CollectsDigits reports whether an application asks the caller for digits and
// begins with the digits that were typed before it ran.
func CollectsDigits(app string) bool {
	switch strings.ToLower(app) {
	case "read", "play_and_get_digits", "ivr":
		return true
	}
	return false
}

// IgnoresDigits reports whether an application leaves the digits pressed while
// it runs in the channel's queue; a digit may still stop it. All other applications
// may consume digits.
func IgnoresDigits(app string) bool {
	switch strings.ToLower(app) {
	case "playback", "loop_playback", "endless_playback", "say", "phrase", "speak", "gentones",
		"record", "sleep", "park", "detect_speech", "wait_for_silence", "displace_session":
		return true
	}
	return false
}
