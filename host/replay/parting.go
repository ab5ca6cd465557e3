package replay

import (
	"fmt"
	"strings"
	"time"
)

// A Parting says where a flow went another way than it did in the recorded call.
type Parting struct {
	At         time.Duration // since the call's connection
	Want, Sent string        // commands; Want "": the real call sent nothing more, Sent "": nothing came
	Cut        bool          // the recording ends here, and the flow has done nothing else than then
}

func (p *Parting) String() string {
	switch {
	case p.Cut:
		return "the recording ends here: the call was too large to be recorded whole"
	case p.Sent == "":
		return fmt.Sprintf("the flow does not send what the real call sent: %s", onLine(p.Want))
	case p.Want == "":
		return fmt.Sprintf("the flow sends what the real call did not send: %s", onLine(p.Sent))
	}
	return fmt.Sprintf("the flow sends %s; the real call sent %s", onLine(p.Sent), onLine(p.Want))
}

// onLine writes a command on one line.
func onLine(command string) string {
	app, arg, kind := "", "", ""
	for text := range strings.Lines(command) {
		name, value, _ := strings.Cut(strings.TrimSpace(text), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "execute-app-name":
			app = value
		case "execute-app-arg":
			arg = value
		case "call-command":
			kind = value
		}
	}
	if kind == "execute" {
		return strings.TrimSpace(app + " " + arg)
	}
	return strings.ReplaceAll(strings.TrimSpace(command), "\n", "; ")
}
