package campaign

import "time"

// The states of a number.
const (
	Waiting = "waiting" // to be called, now or later
	Dialled = "dialled" // an attempt was written, and has not ended
	Talking = "talking" // it has answered
	Done    = "done"
)

// An Entry is a number of a campaign, and how far it has come.
type Entry struct {
	Number   string            `json:"number"`
	Zone     string            `json:"timezone,omitempty"`
	Columns  map[string]string `json:"columns,omitempty"`
	State    string            `json:"state"`
	Due      time.Time         `json:"due,omitzero"`      // when it is called next, if it waits
	Outcome  string            `json:"outcome,omitempty"` // of the last attempt; of a number that is not called, why
	Attempts []Attempt         `json:"attempts,omitempty"`
	Refused  int               `json:"refused,omitempty"` // how often the node took no call, which are no attempts
}

// An Attempt is one time that a number was dialled.
type Attempt struct {
	UUID    string    `json:"uuid"` // of its channel
	Node    string    `json:"node"`
	Core    string    `json:"core,omitempty"`   // the Core-UUID of the node at the time
	Memory  string    `json:"memory,omitempty"` // in which the node keeps the marks of the call
	Route   string    `json:"route"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
	Cause   string    `json:"cause,omitempty"`
	Seconds int       `json:"seconds,omitempty"` // of the conversation
	Result  string    `json:"result,omitempty"`  // what the flow has said of it (campaign_result)
}

// last returns the last attempt.
func (e *Entry) last() *Attempt { return &e.Attempts[len(e.Attempts)-1] }
