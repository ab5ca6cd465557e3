package switchsim

import "time"

// Who did what an Entry tells.
const (
	WhoCaller = "caller" // the scripted person: digits, hangup
	WhoSwitch = "switch" // the switch itself: states, events, applications
	WhoApp    = "app"    // what came over the event socket
)

// Entry is one thing that happened to a channel (or, without a UUID, to a
// connection that controls none).
type Entry struct {
	At      time.Time
	UUID    string // channel
	Channel string // channel's name, e.g. "sofia/internal/1000@switchsim"
	Who     string // WhoCaller, WhoSwitch or WhoApp
	Kind    string // "command", "execute", "complete", "dtmf", "answer", "hangup", "state", "bridge", "conference" ...
	What    string // one readable line
}

// Record is what is known of one channel, living or gone.
type Record struct {
	UUID        string
	Channel     string
	Direction   string // "inbound" or "outbound"
	Number      string // caller id number
	Destination string
	State       string // CS_EXECUTE ...
	Answered    bool
	Cause       string // final hangup cause, empty while alive
	Conference  string // the conference it is in
	Played      []string
	Entries     []Entry
}
