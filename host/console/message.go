package console

import (
	"encoding/json"
	"io"
	"strings"
)

// Protocol names what a connection of the admin socket is upgraded to.
const Protocol = "eslua-console"

// An Opening says what a console is opened for. Each field may be "".
type Opening struct {
	Flow string // whose limits, grants, settings and files it has
	Node string // the FreeSWITCH that it uses
	Call string // the channel whose session it has: its UUID, or the beginning of that of a running call
}

// A Greeting is the first thing that a console says.
type Greeting struct {
	Version string   `json:"version"`
	PID     int      `json:"pid"`
	Flow    string   `json:"flow"`
	Nodes   []string `json:"nodes"` // that it uses
	Call    string   `json:"call"`  // the UUID
	Who     string   `json:"who"`   // has opened it
	Error   string   `json:"error"` // why it is over already
}

// A Request has one of its fields.
type Request struct {
	Lua       *string `json:"lua,omitempty"`      // a text to run
	API       *string `json:"api,omitempty"`      // a command for FreeSWITCH
	Events    *string `json:"events,omitempty"`   // a pattern of events to show until an Interrupt
	Complete  *string `json:"complete,omitempty"` // a text whose last word is to be completed
	Interrupt bool    `json:"interrupt,omitempty"`
}

// An Answer has one of its first fields, or is the last one.
type Answer struct {
	Print *string `json:"print,omitempty"` // a line
	Level string  `json:"level,omitempty"` // of what a script has written to the log
	Said  string  `json:"said,omitempty"`
	Event *Event  `json:"event,omitempty"`

	Done   bool     `json:"done,omitempty"`
	Values string   `json:"values,omitempty"` // of the Lua, as Lua
	Output string   `json:"output,omitempty"` // of the command
	From   int      `json:"from,omitempty"`   // where the word begins
	Names  []string `json:"names,omitempty"`  // that it could become
	Error  string   `json:"error,omitempty"`
	Over   bool     `json:"over,omitempty"` // the state is a new one: variables are gone
}

// mostRequest bounds the bytes of a Request.
const mostRequest = 2 << 20

// send writes a value on a line.
func send(w io.Writer, v any) error {
	var line strings.Builder
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, line.String())
	return err
}
