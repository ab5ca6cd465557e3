package conversation

import (
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/trace"
)

// A Conversation is one recorded call.
type Conversation struct {
	Header
	Items []Item
}

// A Header says of a recorded call what its wire does not show.
type Header struct {
	Eslua    string            `json:"eslua"`          // the version that recorded it
	Began    time.Time         `json:"began"`          // when its connection came
	Zone     string            `json:"zone"`           // of the machine's clock
	Seed     uint64            `json:"seed"`           // of math.random
	Args     []string          `json:"args,omitempty"` // argv[1] and so on
	Sources  map[string]string `json:"sources"`
	Settings Settings          `json:"settings"`
	Ladder   trace.Ladder      `json:"ladder"`        // says which flow it was, with what arguments
	Cut      bool              `json:"cut,omitempty"` // the call went on, and was too large to be recorded whole
}

// Settings hold the settings that decide what a flow does.
type Settings struct {
	Settings map[string]any  `json:"settings,omitempty"`
	Limits   config.Limits   `json:"limits"`
	Grants   grant.Grants    `json:"grants"`
	Fallback config.Fallback `json:"fallback"`
	Linger   config.Duration `json:"linger"`
	Trace    config.Trace    `json:"trace"`
}

// What an Item is.
const (
	Received = 'r' // a frame of FreeSWITCH's
	Together = 't' // one that came with the frame before it
	Sent     = 's' // commands
	Answered = 'a' // what a function answered that asks by another way (answers.Answer)
)

// An Item is one thing that was said.
type Item struct {
	At   time.Duration // since the connection came
	Kind byte
	Leg  int // 0: the call itself, else the number of a leg that it dialled
	Text string
}
