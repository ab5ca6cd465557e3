package trace

import "time"

// A Summary says how a call is or was, as one line of eslua calls.
type Summary struct {
	ID          uint64    `json:"id,omitempty"` // of this run of a flow, in this process; 0: no trace of it is kept
	UUID        string    `json:"uuid"`
	Flow        string    `json:"flow"`
	Generation  string    `json:"generation"`
	Version     string    `json:"version"`
	Args        []string  `json:"args,omitempty"` // argv[1] and so on
	Caller      string    `json:"caller,omitempty"`
	Destination string    `json:"destination,omitempty"`
	Since       time.Time `json:"since"`
	Until       time.Time `json:"until,omitzero"`  // zero: it runs
	State       string    `json:"state,omitempty"` // arrived, answered, bridged, hung up, handed back
	Cause       string    `json:"cause,omitempty"` // of the hangup
	Failed      bool      `json:"failed,omitempty"`
	Error       string    `json:"error,omitempty"` // of the script that failed
	// Waits are the functions that have not returned, the innermost last: one that was called
	// inside a callback is in the one that called back.
	Waits   []Rung  `json:"waits,omitempty"`
	CPU     float64 `json:"cpu_ms"` // processor time of the script, when it called a function last
	Memory  int64   `json:"memory"` // bytes that it held then
	Rungs   int     `json:"rungs"`  // so far
	Omitted int     `json:"omitted,omitempty"`
	// Revision grows with each change.
	Revision uint64 `json:"revision,omitempty"`
}

// A Ladder is a call with its rungs in order. Where rungs were omitted, N is not that of the
// rung before and one.
type Ladder struct {
	Summary
	Steps []Rung `json:"ladder"`
}

// Who does what a rung says.
const (
	Script = "script"
	Switch = "switch"
	Caller = "caller"
	Host   = "eslua"
)

// The kinds of rungs.
const (
	Function = "function" // that the script called
	App      = "app"      // that FreeSWITCH executes, with its argument
	Key      = "key"      // that the caller pressed
	Hangup   = "hangup"
	End      = "end" // of the script
	Other    = "other"
)

// A Rung is one thing that happened. Its texts may hold any character that a caller or a
// script sent.
type Rung struct {
	N    int       `json:"n"` // counted from 0
	At   time.Time `json:"at"`
	Ms   float64   `json:"ms"`   // since the call began
	Who  string    `json:"who"`  // script, switch, caller, eslua
	Kind string    `json:"kind"` // function, app, key, hangup, end (of the script), other
	What string    `json:"what"`
	File string    `json:"file,omitempty"` // of the script that called a function
	Line int       `json:"line,omitempty"`
	Took float64   `json:"took_ms,omitempty"` // of a function
	Bad  bool      `json:"failed,omitempty"`
}
