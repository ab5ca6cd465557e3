package switchsim

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// Config configures a Switch. The zero value is a switch with an empty dialplan on
// a free loopback port, in real time.
type Config struct {
	// Clock drives every wait; nil is the machine's clock.
	Clock clock.Clock
	// Log receives the lines that FreeSWITCH would log; nil discards them.
	Log *slog.Logger
	// Listen is the address of the inbound event socket; empty is 127.0.0.1:0, "-"
	// opens none.
	Listen string
	// Listener is the inbound event socket's instead, and Dial makes the connections of
	// the socket application; nil is TCP. Tests have networks without TCP.
	Listener net.Listener
	Dial     func(ctx context.Context, address string) (net.Conn, error)
	// Password of the event socket; empty is ClueCon.
	Password string
	// Users are directory users for userauth: "1000@example.org" -> esl-password.
	Users map[string]User
	// Hostname is FreeSWITCH-Hostname; empty is "switchsim".
	Hostname string

	// Dialplan has the extensions of a call; SetExtension changes it later.
	Dialplan Dialplan
	// Endpoints are the people and gateways that can be dialled; SetEndpoint
	// changes them later.
	Endpoints []Endpoint
	// Globals are the global variables ($${name} and global_getvar).
	Globals map[string]string

	// Media says how long a path plays. One below /nowhere or /proc is not found, and not recorded. A tone_stream or silence_stream is
	// parsed and needs no entry.
	Media map[string]time.Duration
	// DefaultMedia is how long a path without an entry plays; zero is 1 s.
	DefaultMedia time.Duration
	// Length is asked first how long a path plays, if it is set: known is false for a path
	// that it does not know, and exists for one that is not found.
	Length func(path string) (d time.Duration, exists, known bool)
	// Reply answers API commands, the whole line each, before the switch does, if it is set.
	Reply func(line string) (answer string, answered bool)
	// StrictMedia makes a path without an entry FILE NOT FOUND.
	StrictMedia bool

	// PadTo adds channel variables until an event that carries variables has
	// about this many bytes; zero adds nothing (events are about 3 KB).
	PadTo int
	// Heartbeat is the HEARTBEAT interval; zero is 20 s, negative none.
	Heartbeat time.Duration
	// AuthTimeout is how long a new connection, in either direction, may take for
	// its first command; zero is FreeSWITCH's 25 s.
	AuthTimeout time.Duration
	// Rude rejects every inbound connection as an ACL does (text/rude-rejection).
	Rude bool
	// Trace is called for every Entry, in order, by the goroutine that made it. It
	// must not block or call the Switch.
	Trace func(Entry)
	// NoJournal keeps no records, so that Records, Record and WaitFor find nothing:
	// for benchmarks that use the switch as the peer.
	NoJournal bool
}

// A User describes a directory user of userauth. Empty lists allow everything.
type User struct {
	Password      string
	AllowedEvents string // esl-allowed-events: names separated by blanks, or "all"
	AllowedAPI    string // esl-allowed-api: names separated by blanks, or "all"
	AllowedLog    bool   // esl-allowed-log
}
