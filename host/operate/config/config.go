// Package config owns every setting: its name, its default, its one line of
// documentation, and where it may come from (a flag before the environment
// before the file). It reads; the rooms that use a setting check nothing again.
package config

import (
	"cmp"

	"github.com/eslua/eslua/host/script/grant"
)

// Config is everything an admin can set. The doc tags are the settings table of
// the README; a test keeps the two the same.
type Config struct {
	Listen      Address         `yaml:"listen" doc:"address for FreeSWITCH's socket application; keep it on loopback or a private network, the protocol has no password"`
	Scripts     string          `yaml:"scripts" doc:"directory of the flows; empty runs the flows built into the program"`
	DefaultFlow string          `yaml:"default_flow" doc:"flow for a call whose socket path and routes name none; empty: such a call goes on with its dialplan"`
	Fallback    Fallback        `yaml:"fallback" doc:"what happens to a call whose script fails: continue (with the dialplan), hangup CAUSE, or transfer EXTENSION [DIALPLAN [CONTEXT]]"`
	Routes      []Route         `yaml:"routes" doc:"rules for calls whose socket path names no flow, tried in order"`
	Flows       map[string]Flow `yaml:"flows" doc:"what holds for one flow only, by its name"`
	Nodes       []Node          `yaml:"nodes" doc:"FreeSWITCH nodes to keep a control connection to"`
	Hosts       []Address       `yaml:"hosts" doc:"every eslua host as FreeSWITCH reaches it, for eslua dialplan; empty: listen"`
	Parked      Parked          `yaml:"parked" doc:"what is done at start with calls that a dead eslua left parked on the nodes: report, hangup CAUSE, or reenter (their flow)"`
	Drain       Duration        `yaml:"drain" doc:"how long calls may go on after SIGTERM; those left are given back to their dialplans"`
	State       string          `yaml:"state" doc:"directory of what outlives a restart: earlier scripts, rollbacks, pins; empty: $STATE_DIRECTORY as systemd sets it, else memory only"`
	History     int             `yaml:"history" doc:"generations of the scripts that are kept for rollback"`
	Admin       string          `yaml:"admin" doc:"Unix socket of eslua status and eslua scripts; empty: eslua.sock in $RUNTIME_DIRECTORY, /run/eslua, $XDG_RUNTIME_DIR or /tmp/eslua-UID, whichever is there first"`
	Metrics     Address         `yaml:"metrics" doc:"HTTP address of /metrics and /health; empty: none"`
	Calls       Calls           `yaml:"calls"`
	Limits      Limits          `yaml:"limits"`
	Grants      grant.Grants    `yaml:"grants"`
	Log         Log             `yaml:"log"`
}

// Route sends matching calls to a flow. Empty patterns match everything.
type Route struct {
	Destination Pattern  `yaml:"destination" doc:"regular expression on the called number"`
	Context     Pattern  `yaml:"context" doc:"regular expression on the dialplan context"`
	Caller      Pattern  `yaml:"caller" doc:"regular expression on the caller's number"`
	Flow        string   `yaml:"flow" doc:"flow to run"`
	Args        []string `yaml:"args" doc:"the script's argv; $1 to $9 are the groups of the destination pattern"`
}

// Flow is what one flow has of its own.
type Flow struct {
	Settings map[string]any `yaml:"settings" doc:"values the script sees in its table settings: text, numbers, true or false"`
	Fallback *Fallback      `yaml:"fallback" doc:"as fallback above, for this flow"`
	Limits   *Limits        `yaml:"limits" doc:"as limits below, for this flow; what is not named stays"`
	Grants   *grant.Grants  `yaml:"grants" doc:"as grants below, for this flow; what is not named stays"`
	Canary   *Canary        `yaml:"canary" doc:"share of the calls that a new version gets at first, as 10%, or {share: 10%, window: 10m, calls: 20} with the defaults of the other two: if it fails more often than the old version within the window and so many calls, it is rolled back; empty: all calls get it at once"`
}

// Canary is how a new version of a flow is tried out.
type Canary struct {
	Share  Percent  `yaml:"share" doc:"share of the flow's calls that the new version gets"`
	Window Duration `yaml:"window" doc:"how long it is tried; when its calls fail more often than the old version's, it is rolled back"`
	Calls  int      `yaml:"calls" doc:"calls it must have ended before it can prove itself"`
}

// Node is one FreeSWITCH that eslua keeps a control connection to.
type Node struct {
	Name     string  `yaml:"name" doc:"name in logs; empty: the address"`
	Address  Address `yaml:"address" doc:"host:port of its event socket"`
	User     string  `yaml:"user" doc:"user@domain for userauth; empty: password only"`
	Password string  `yaml:"password" doc:"password of event_socket.conf.xml, or of the user"`
}

// Label returns the name by which logs and metrics know the node.
func (n Node) Label() string { return cmp.Or(n.Name, string(n.Address)) }

// Calls bounds the calls FreeSWITCH hands over.
type Calls struct {
	Max       int      `yaml:"max" doc:"calls at a time; the excess goes on with its dialplan at once"`
	Handshake Duration `yaml:"handshake" doc:"how long a new connection may say nothing"`
	Linger    Duration `yaml:"linger" doc:"how long FreeSWITCH keeps a hung-up call's socket for its last events; whole seconds"`
}

// Limits is what one run of a script may use.
type Limits struct {
	Memory   Size     `yaml:"memory" doc:"memory that the script's values may hold at a time"`
	Burst    Duration `yaml:"burst" doc:"Lua CPU time between two waits"`
	CPU      Duration `yaml:"cpu" doc:"Lua CPU time in all"`
	Duration Duration `yaml:"duration" doc:"wall-clock time of the script; 0 is no limit"`
	Stack    int      `yaml:"stack" doc:"depth of function calls"`
	Source   Size     `yaml:"source" doc:"size of one text given to load(); a script file may have 256KiB"`
}

// Log says what is logged and how; logs go to stderr.
type Log struct {
	Level  Level  `yaml:"level" doc:"debug, info, warn or error"`
	Format Format `yaml:"format" doc:"text or json"`
}
