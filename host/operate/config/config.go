// Package config owns every setting: its name, its default, its one line of
// documentation, and how it is read from the file. Values are checked here, so that
// the packages that use a setting need not check it again.
package config

import (
	"cmp"

	"github.com/goccy/go-yaml/ast"

	"github.com/eslua/eslua/host/script/grant"
)

// Config holds every setting. The tags of a field are its full description: its
// name, its default, whether a reload changes it (otherwise a restart is needed),
// and its line in README.md.
type Config struct {
	Listen      Address             `yaml:"listen" default:"127.0.0.1:8084" doc:"address for FreeSWITCH's socket application; keep it on loopback or a private network, the protocol has no password"`
	Scripts     string              `yaml:"scripts" doc:"directory of the flows; empty runs the flows built into the program"`
	DefaultFlow string              `yaml:"default_flow" reload:"yes" doc:"flow for a call whose socket path and routes name none; empty: such a call continues with its dialplan"`
	Fallback    Fallback            `yaml:"fallback" default:"continue" reload:"yes" doc:"what to do with a call whose script fails: continue (with the dialplan), hangup CAUSE, or transfer EXTENSION [DIALPLAN [CONTEXT]]"`
	Routes      []Route             `yaml:"routes" form:"a list: [{destination: PATTERN, flow: NAME}]" reload:"yes" doc:"rules for calls whose socket path names no flow, tried in order"`
	Flows       map[string]Flow     `yaml:"flows" form:"a mapping: FLOW: {settings: {NAME: VALUE}}" reload:"yes" doc:"settings of single flows, by name"`
	Nodes       []Node              `yaml:"nodes" form:"a list: [{address: HOST:PORT, password: PASSWORD}]" doc:"FreeSWITCH nodes to keep a control connection to"`
	Databases   map[string]Database `yaml:"databases" form:"a mapping: NAME: {dsn: sqlite:///var/lib/eslua/NAME.db}" reload:"yes" doc:"databases that scripts reach by name; a flow also needs grants: databases: [NAME]"`
	HTTP        HTTP                `yaml:"http"`
	Mail        Mail                `yaml:"mail"`
	NATS        NATS                `yaml:"nats"`
	Endpoints   map[string]Endpoint `yaml:"endpoints" form:"a mapping: NAME: {url: URL}" reload:"yes" doc:"HTTP servers that get pushes, which are kept until they are delivered; a flow also needs grants: endpoints: [NAME]"`
	KV          Bucket              `yaml:"kv" reload:"yes"`
	Buckets     map[string]Bucket   `yaml:"buckets" form:"a mapping: NAME: {size: 64MiB, keys: 100000}" reload:"yes" doc:"buckets of kv that flows share, by name; a flow also needs grants: buckets: [NAME]. What a flow keeps in its own needs neither"`
	Queues      map[string]Queue    `yaml:"queues" form:"a mapping: NAME: {}" reload:"yes" doc:"queues whose messages scripts publish and work off, on every host that shares them; a flow also needs grants: queues: [NAME]"`
	Campaigns   Campaigns           `yaml:"campaigns" reload:"yes"`
	Pushes      []Push              `yaml:"pushes" form:"a list: [{on: call_end, endpoints: [NAME]}]" reload:"yes" doc:"what endpoints are told of calls without a script: details of calls, recordings, events"`
	Startup     []Script            `yaml:"startup" form:"a list: [SCRIPT, 'SCRIPT ARGUMENTS']" doc:"scripts that run once when eslua starts, without a call; one that goes on for ever is ended when eslua takes no more calls"`
	Hooks       []Hook              `yaml:"hooks" form:"a list: [{event: NAME, script: SCRIPT}]" reload:"yes" doc:"scripts that run for FreeSWITCH's events, of every node"`
	XML         XML                 `yaml:"xml"`
	Hosts       []Address           `yaml:"hosts" form:"a list: [HOST:PORT, HOST:PORT]" reload:"yes" doc:"every eslua host as FreeSWITCH reaches it, for eslua dialplan; empty: listen"`
	Parked      Parked              `yaml:"parked" default:"report" reload:"yes" doc:"what eslua does with calls that a dead eslua left parked: report, hangup CAUSE, or reenter (their flow)"`
	Drain       Duration            `yaml:"drain" default:"10m" reload:"yes" doc:"how long calls may continue after SIGTERM; the remaining ones are then given back to their dialplans"`
	State       string              `yaml:"state" doc:"directory for data that survives a restart: earlier scripts, rollbacks, pins; empty: $STATE_DIRECTORY as systemd sets it, else in memory only"`
	History     int                 `yaml:"history" least:"1" default:"100" doc:"how many generations of the scripts are kept for rollback"`
	Admin       string              `yaml:"admin" doc:"Unix socket of eslua status and eslua scripts; empty: eslua.sock in $RUNTIME_DIRECTORY, /run/eslua, $XDG_RUNTIME_DIR or /tmp/eslua-UID, the first directory that exists"`
	Metrics     Address             `yaml:"metrics" doc:"HTTP address of the operator's page, /metrics, /livez and /readyz; empty: none"`
	Page        Page                `yaml:"page"`
	HostMemory  Size                `yaml:"host_memory" default:"0B" doc:"memory that eslua may hold; above it, calls are ended, those first that have allocated and computed most; 0B: 80 % of what the machine has or the control group permits, at most 60 % of ulimit -d and -v"`
	Calls       Calls               `yaml:"calls"`
	Commands    Commands            `yaml:"commands" reload:"yes"`
	Limits      Limits              `yaml:"limits" reload:"yes"`
	Grants      grant.Grants        `yaml:"grants" reload:"yes"`
	Log         Log                 `yaml:"log"`
	Trace       Trace               `yaml:"trace" reload:"yes"`
	Record      Record              `yaml:"record" reload:"yes"`
	OTLP        OTLP                `yaml:"otlp"`
}

// A Route sends matching calls to a flow. Empty patterns match everything.
type Route struct {
	Destination Pattern  `yaml:"destination" doc:"regular expression on the called number"`
	Context     Pattern  `yaml:"context" doc:"regular expression on the dialplan context"`
	Caller      Pattern  `yaml:"caller" doc:"regular expression on the caller's number"`
	Flow        string   `yaml:"flow" doc:"flow to run"`
	Args        []string `yaml:"args" doc:"the script's argv; $1 to $9 are the groups of the destination pattern"`
}

// A Flow holds the settings of one flow.
type Flow struct {
	Settings map[string]any `yaml:"settings" doc:"values the script sees in its table settings: text, numbers, true or false; 0301234 and +49301234 are text"`
	Fallback *Fallback      `yaml:"fallback" doc:"as fallback above, for this flow"`
	Limits   *Limits        `yaml:"limits" doc:"as limits below, for this flow; limits not named here are as below"`
	Grants   *grant.Grants  `yaml:"grants" doc:"as grants below, for this flow; grants not named here are as below"`
	Workers  int            `yaml:"workers" least:"1" doc:"of a script under hooks/: how many states it has at a time, each of which handles the events of some channels; empty: 1"`
	Queue    int            `yaml:"queue" least:"1" doc:"of a script under hooks/: how many events may wait for it, 16MiB together, and of one channel half as many; further ones are dropped and counted; empty: 1000"`
	Calls    FlowCalls      `yaml:"calls"`
	OnHangup Script         `yaml:"on_hangup" doc:"script, and its arguments, that runs after the hangup of each call of this flow with the global env, the channel's data, as api_hangup_hook=lua does; ${NAME} in an argument is that variable of the channel; for a call that has moved on it needs the control connection to its node"`
	Canary   *Canary        `yaml:"canary" doc:"share of the calls on which a new version is tried, such as 10%, or {share: 10%, window: 10m, calls: 20}; a version that fails more often than the old one is rolled back; empty: all calls get it at once"`
}

// A FlowCalls limits the calls of one flow.
type FlowCalls struct {
	Max  int `yaml:"max" least:"0" default:"0" doc:"calls of this flow at a time; further calls continue with their dialplans at once; 0 is no limit"`
	Rate int `yaml:"rate" least:"0" default:"0" doc:"calls of this flow that may begin in a second; likewise"`
}

// A Canary configures how a new version of a flow is tried.
type Canary struct {
	Share  Percent  `yaml:"share" default:"10%" doc:"share of the flow's calls that get the new version"`
	Window Duration `yaml:"window" default:"10m" doc:"how long the new version is tried"`
	Calls  int      `yaml:"calls" least:"1" default:"20" doc:"how many calls of the new version must have ended before it can serve all"`
}

// A Node is a FreeSWITCH to which eslua keeps a control connection.
type Node struct {
	Name     string   `yaml:"name" doc:"name in logs and metrics; empty: the address"`
	Address  Address  `yaml:"address" doc:"host:port of its event socket"`
	User     string   `yaml:"user" doc:"user@domain for userauth; empty: password only"`
	Password string   `yaml:"password" doc:"password of event_socket.conf.xml, or of the user"`
	Tags     []string `yaml:"tags" form:"a list: [NAME]" doc:"words by which scripts find the node: api.nodes{tag = \"media\"}"`
	Weight   int      `yaml:"weight" least:"0" default:"1" doc:"its share of the calls and jobs for which a node is chosen; 0: only if no other node can take them"`
}

// UnmarshalYAML reads a node over the defaults.
func (n *Node) UnmarshalYAML(value ast.Node) error {
	type plain Node
	return overDefaults(value, (*plain)(n))
}

// Label returns the name by which logs and metrics know the node.
func (n Node) Label() string { return cmp.Or(n.Name, string(n.Address)) }

// Calls limits the calls that FreeSWITCH hands over.
type Calls struct {
	Max       int      `yaml:"max" least:"0" default:"10000" doc:"calls at a time; further calls continue with their dialplans at once; 0 is no limit"`
	Rate      int      `yaml:"rate" least:"0" default:"0" reload:"yes" doc:"calls that may begin in a second, of all flows together; further calls continue with their dialplans at once; 0 is no limit"`
	Handshake Duration `yaml:"handshake" default:"25s" doc:"how long a new connection may be silent; when more than calls.max are, the one that has been longest is closed"`
	Linger    Duration `yaml:"linger" default:"10s" doc:"how long FreeSWITCH keeps a hung-up call's socket for its last events; whole seconds"`
}

// Commands limits the API commands that scripts give FreeSWITCH.
type Commands struct {
	Parallel int `yaml:"parallel" least:"0" default:"50" doc:"API commands of scripts that one FreeSWITCH runs at a time for this host; fewer while it takes over half a second for one, at least 1. Commands that end calls or take long by nature (uuid_kill, originate, system) do not count, nor does what session does with its own call; 0 is no limit"`
	Waiting  int `yaml:"waiting" least:"0" default:"10000" doc:"how many more may wait for one FreeSWITCH; further ones answer -ERR at once. Flows take turns, and one alone takes at most nine tenths of these places, and of those of parallel"`
}

// Limits bound what one run of a script may use.
type Limits struct {
	Memory      Size     `yaml:"memory" default:"16MiB" doc:"memory that the script's values may hold at a time"`
	Burst       Duration `yaml:"burst" default:"1s" doc:"Lua CPU time between two waits"`
	CPU         Duration `yaml:"cpu" default:"1m" doc:"Lua CPU time in all"`
	AfterHangup Duration `yaml:"after_hangup" default:"100ms" doc:"Lua CPU time in all after the caller has hung up, to finish and to clean up; a script with a hangup hook has limits.burst if that is more"`
	Duration    Duration `yaml:"duration" default:"0s" doc:"wall-clock time of the script; 0 is no limit"`
	Switch      Size     `yaml:"switch" default:"16MiB" doc:"what FreeSWITCH may start and keep for the script in all: a leg counts as 64KiB, a second of a recording as 1KiB and a recording as 64KiB to 1MiB (as one without a time limit does), a task, a job, an event, a row as 4KiB, texts as long as they are"`
	Written     Size     `yaml:"written" default:"16MiB" doc:"what the script may write into files in all (grants: write:); making a file counts as 4KiB; 0B is no limit"`
	File        Size     `yaml:"file" default:"1GiB" doc:"how large a file may become into which the script writes; 0B is no limit"`
	Stack       int      `yaml:"stack" least:"1" default:"16000" doc:"depth of function calls"`
	Source      Size     `yaml:"source" default:"256KiB" doc:"size of a script, of each module that it requires, and of one text given to load()"`
}

// Log sets the level, the format and the limit of the log, which goes to stderr.
type Log struct {
	Level  Level  `yaml:"level" default:"info" reload:"yes" doc:"debug, info, warn or error"`
	Format Format `yaml:"format" default:"text" doc:"text or json"`
	Rate   int    `yaml:"rate" least:"0" default:"100" doc:"lines a second that scripts may write together, beyond those that each may write in any case: 20, and one a second; what is left out is counted in the log"`
}
