// Package grant owns what a flow is permitted: which API commands, which
// dialplan applications, which directories, and whether it may fire events.
//
// A check reads a text that a script sends as FreeSWITCH reads it, and looks for
// every command and application that the text can reach: the first word, a
// command inside a command (bgapi, sched_api, expand ...), ${command(...)}
// anywhere, an application named by an inline extension, by a dial string or by
// a variable that is executed later. If the switch puts a name together, so that
// the text alone does not say which, the check refuses.
//
// Some things cannot be seen in one text. A variable's value is expanded again
// wherever ${variable} is used, also in a dial string, so a value from the
// network, or one assembled on the switch from harmless pieces, may name any
// command. To prevent that, turn command expansion off in FreeSWITCH
// (switch.conf.xml: api-expansion). The paths of playback and record are not
// checked either: they are files of the switch, protected by its user's rights.
//
// Checks do no I/O, keep no state, and are safe for concurrent use.
package grant

import (
	"cmp"
	"strings"
)

// Grants says what one flow may do.
type Grants struct {
	API        Rule        `yaml:"api" doc:"API commands: allow: [system] adds to the default, deny: [originate] takes away, only: [uuid_kill] permits nothing else; \"*\" is every command"`
	Apps       Rule        `yaml:"apps" doc:"dialplan applications, written as api above"`
	Read       []Directory `yaml:"read" doc:"directories on eslua's machine whose files the script may read, with all below them"`
	FireEvents bool        `yaml:"fire_events" doc:"whether the script may fire events into FreeSWITCH"`

	// Own lists the addresses (host:port) of this eslua's listener, as FreeSWITCH
	// dials them. The application socket to one of them is permitted, because a
	// flow with its own grants serves the call there. The program sets it, not the
	// configuration.
	Own []string `yaml:"-"`
}

// Default returns the grants of a flow for which the configuration says nothing:
// every command and application except the denied ones (denied.go), events, and
// no files.
func Default() Grants { return Grants{FireEvents: true} }

// CheckAPI checks an API command line: "uuid_kill 1234", "bgapi originate ...".
// The error is a *RefusedError.
func (g *Grants) CheckAPI(line string) error {
	if g.unlimited() {
		return nil
	}
	c := g.check()
	name, arg, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	if !silentAPI[strings.ToLower(name)] {
		if err := c.text(arg, false); err != nil {
			return err
		}
	}
	return c.api(line, "")
}

// CheckApp checks an application and its argument, as sendmsg executes it.
// The error is a *RefusedError.
func (g *Grants) CheckApp(app, data string) error {
	if g.unlimited() {
		return nil
	}
	c := g.check()
	scope, rest := scoped(data)
	if err := cmp.Or(c.text(scope, false), c.text(rest, isSpoken(app, rest))); err != nil {
		return err
	}
	return c.app(app, rest, "")
}

// CheckVariable checks a variable that is set on a channel or globally, because
// some variables are executed later and every value may be expanded later.
// The error is a *RefusedError.
func (g *Grants) CheckVariable(name, value string) error {
	if g.unlimited() {
		return nil
	}
	c := g.check()
	if err := c.text(value, false); err != nil {
		return err
	}
	return c.variable(name, value, "")
}

// CheckDial checks a dial string of originate or bridge.
// The error is a *RefusedError.
func (g *Grants) CheckDial(dial string) error {
	if g.unlimited() {
		return nil
	}
	c := g.check()
	if err := c.text(dial, false); err != nil {
		return err
	}
	return c.dial(dial)
}

// CheckEvent checks whether events may be fired. The error is a *RefusedError.
func (g *Grants) CheckEvent() error {
	if g.FireEvents {
		return nil
	}
	return &RefusedError{Kind: Events, Name: "fire",
		text: "firing events is not granted to this flow; set grants: fire_events: true in the configuration"}
}

// unlimited reports whether everything is permitted.
func (g *Grants) unlimited() bool {
	return g.API.everything() && g.Apps.everything() && g.FireEvents
}
