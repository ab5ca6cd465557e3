package page

// A Call is one call as the list of calls shows it.
type Call struct {
	ID          uint64  `json:"id"`
	UUID        string  `json:"uuid"`
	Flow        string  `json:"flow"`
	Caller      string  `json:"caller,omitempty"`
	Destination string  `json:"destination,omitempty"`
	Since       int64   `json:"since"`
	Until       int64   `json:"until,omitempty"` // 0: it runs
	State       string  `json:"state,omitempty"`
	Cause       string  `json:"cause,omitempty"`
	Failed      bool    `json:"failed,omitempty"`
	Error       string  `json:"error,omitempty"`
	Wait        *Wait   `json:"wait,omitempty"` // nil: its script computes
	CPU         float64 `json:"cpu"`            // seconds
	Memory      int64   `json:"memory"`
}

// A Wait says where scripts wait.
type Wait struct {
	Flow  string `json:"flow,omitempty"`
	Place string `json:"place"` // file:line
	What  string `json:"what"`
	Calls int    `json:"calls,omitempty"` // that wait there
}

// A Ladder is a call with what happened in it.
type Ladder struct {
	Call
	Steps   []Rung `json:"ladder"`
	Omitted int    `json:"omitted,omitempty"`
}

// A Rung is one thing that happened in a call.
type Rung struct {
	N      int     `json:"n"`
	Ms     float64 `json:"ms"` // since the call began
	Who    string  `json:"who"`
	What   string  `json:"what"`
	File   string  `json:"file,omitempty"`
	Line   int     `json:"line,omitempty"`
	Took   float64 `json:"took,omitempty"` // milliseconds
	Open   bool    `json:"open,omitempty"` // it has not returned
	Failed bool    `json:"failed,omitempty"`
}

// Bounds of what is told of calls.
const (
	maxCalls = 50
	maxWaits = 12
	maxRungs = 1000
)

// Calls knows single calls.
type Calls interface {
	// Calls returns running calls, the oldest first, and where calls wait, most first.
	Calls(most int) ([]Call, []Wait)
	// Find returns calls, also ended ones, in which a text appears.
	Find(text string, most int) []Call
	// Ladder returns the call with a UUID.
	Ladder(uuid string, most int) (Ladder, error)
}
