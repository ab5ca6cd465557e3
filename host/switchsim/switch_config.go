package switchsim

import (
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// Config is everything a Switch is made of. The zero value is a switch with an
// empty dialplan on a free loopback port, in real time.
type Config struct {
	// Clock drives every wait; nil is the machine's clock.
	Clock clock.Clock
	// Log gets what FreeSWITCH would log; nil discards it.
	Log *slog.Logger
	// Listen is where the inbound event socket listens; empty is 127.0.0.1:0,
	// "-" is nowhere.
	Listen string
	// Password of the event socket; empty is ClueCon.
	Password string
	// Users are directory users for userauth: "1000@example.org" -> esl-password.
	Users map[string]User
	// Hostname is FreeSWITCH-Hostname; empty is "switchsim".
	Hostname string

	// Dialplan is what a call runs through; see SetExtension to change it later.
	Dialplan Dialplan
	// Endpoints are the people and gateways that can be dialled; see SetEndpoint.
	Endpoints []Endpoint
	// Globals are the global variables ($${name} and global_getvar).
	Globals map[string]string

	// Media says how long a path plays. A tone_stream or silence_stream is
	// parsed and needs no entry.
	Media map[string]time.Duration
	// DefaultMedia is how long a path without an entry plays; zero is 1 s.
	DefaultMedia time.Duration
	// StrictMedia makes a path without an entry FILE NOT FOUND.
	StrictMedia bool

	// PadTo adds channel variables until an event that carries variables has
	// about this many bytes; zero adds nothing (events are about 3 KB).
	PadTo int
	// Heartbeat is the HEARTBEAT interval; zero is 20 s, negative none.
	Heartbeat time.Duration
	// AuthTimeout is how long a new connection (either direction) may take
	// over its first command; zero is FreeSWITCH's 25 s.
	AuthTimeout time.Duration
	// Rude rejects every inbound connection as an ACL does (text/rude-rejection).
	Rude bool
	// Trace is called for every Entry, in order, from the goroutine that made it;
	// it must not block or call back into the Switch.
	Trace func(Entry)
	// NoJournal keeps no records (Records, Record, WaitFor find nothing): for
	// benchmarks that use the switch as the peer.
	NoJournal bool
}

// User is a directory user of userauth. Empty lists allow everything.
type User struct {
	Password      string
	AllowedEvents string // esl-allowed-events: names separated by blanks, or "all"
	AllowedAPI    string // esl-allowed-api: names separated by blanks, or "all"
	AllowedLog    bool   // esl-allowed-log
}

// Dialplan is context -> extensions, tried in order.
type Dialplan map[string][]Extension

// Extension is what runs for a destination number.
type Extension struct {
	// Match is the number itself, or a regular expression when it begins with
	// "^"; its groups are $1, $2 ... in the actions' data.
	Match   string
	Actions []Action
}

// Action is one dialplan application.
type Action struct{ App, Data string }
