package syntax

import "strings"

// MaxDigits limits the digits that an application collects
// (mod_dptools.c:read_function).
const MaxDigits = 128

// TakesDigits reports whether an application takes digits out of the channel's queue,
// those first that were typed before it ran: it asks for them, obeys them, passes them
// on or swallows them.
func TakesDigits(app string) bool {
	switch strings.ToLower(app) {
	case "read", "play_and_get_digits", "ivr", "voicemail", "directory", "play_and_detect_speech", // ask
		"playback", "say", "phrase", "speak", "gentones", "record", "page", "sleep", // end at some
		"bridge", "att_xfer", "eavesdrop", "conference", "fifo", "callcenter":
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
