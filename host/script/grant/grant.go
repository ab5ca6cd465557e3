// Package grant owns what a flow is permitted: which API commands, which
// dialplan applications, which directories, and whether it may fire events.
//
// Its checks read the texts a script sends as FreeSWITCH reads them and look
// for every command and application such a text can reach: the first word, a
// command inside a command (bgapi, sched_api, expand ...), ${command(...)}
// anywhere, an application named by an inline extension, by a dial string or
// by a variable that is executed later. Where the text alone does not say what
// will be reached, for it is put together by the switch, the check refuses.
//
// What no reading of one text can see is left to the switch: a variable's
// value is expanded again wherever ${variable} is used, and a dial string may
// contain one, so a value that came from the network or was assembled on the
// switch from harmless pieces may name any command. Who wants a wall there too
// turns command expansion off in FreeSWITCH (switch.conf.xml: api-expansion).
// Nor are the paths of playback and record looked at: they are files of the
// switch, and it is the switch's user who may or may not read and write them.
//
// The checks are pure: no I/O, nothing kept between them, safe for concurrent use.
package grant

import "strings"

// Grants is what one flow may do. Default is what a flow has when the
// configuration says nothing.
type Grants struct {
	API        Rule        `yaml:"api" doc:"API commands: allow: [system] adds to the default, deny: [originate] takes away, only: [uuid_kill] permits nothing else; \"*\" is every command"`
	Apps       Rule        `yaml:"apps" doc:"dialplan applications, written as api above"`
	Read       []Directory `yaml:"read" doc:"directories on eslua's machine whose files the script may read, with all below them"`
	FireEvents bool        `yaml:"fire_events" doc:"whether the script may fire events into FreeSWITCH"`

	// Own are the addresses (host:port) of this eslua's listener, as FreeSWITCH
	// dials them: the application socket to one of them is no way out of the
	// grants, for a flow with its own grants serves the call there. The wiring
	// sets it, not the admin.
	Own []string `yaml:"-"`
}

// Default permits what mod_lua scripts use and no harm can be done with: every
// command and application but the denied ones (denied.go), events, no reading.
func Default() Grants { return Grants{FireEvents: true} }

// CheckAPI checks an API command line: "uuid_kill 1234", "bgapi originate ...".
// The error is a *RefusedError.
func (g *Grants) CheckAPI(line string) error {
	if g.unlimited() {
		return nil
	}
	c := &check{grants: g}
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
	c := &check{grants: g}
	scope, rest := scoped(data)
	if err := first(c.text(scope, false), c.text(rest, speaks(app, rest))); err != nil {
		return err
	}
	return c.app(app, rest, "")
}

// CheckVariable checks a variable that is set on a channel or globally, for
// some variables are executed later and every value may be expanded later.
// The error is a *RefusedError.
func (g *Grants) CheckVariable(name, value string) error {
	if g.unlimited() {
		return nil
	}
	c := &check{grants: g}
	if err := c.text(value, false); err != nil {
		return err
	}
	return c.variable(name, value, "")
}

// CheckDial checks a dial string, as originate and bridge take it.
// The error is a *RefusedError.
func (g *Grants) CheckDial(dial string) error {
	if g.unlimited() {
		return nil
	}
	c := &check{grants: g}
	if err := c.text(dial, false); err != nil {
		return err
	}
	return c.dial(dial)
}

// CheckEvent checks that events may be fired. The error is a *RefusedError.
func (g *Grants) CheckEvent() error {
	if g.FireEvents {
		return nil
	}
	return &RefusedError{Kind: Events, Name: "fire",
		text: "firing events is not granted to this flow; set grants: fire_events: true in the configuration"}
}

// unlimited is true when there is nothing to look for.
func (g *Grants) unlimited() bool {
	return g.API.everything() && g.Apps.everything() && g.FireEvents
}
