// Package grant owns what a flow is permitted: which API commands, which
// dialplan applications, which directories, and whether it may fire events.
//
// What needs a grant is the reverse of a list of dangers: the tables (table_api.go,
// table_app.go) name every command and application of FreeSWITCH 1.11 of which its
// source says that it reaches nothing that executes, transfers or sets what a script
// tells it. Those that do so in a form that is read here are read; all others need a
// grant, and so does what the tables do not name. Commands that name a channel need
// one for channels that are not the script's own (channel.go).
//
// A check reads a text as FreeSWITCH executes it, and looks for every command and
// application that the text can reach: the first word, a command inside a command
// (bgapi, sched_api ...), an application named by an inline extension, by a dial
// string or by a variable that is executed later. It can do so because what is checked
// is what runs:
//
//   - FreeSWITCH expands the argument of an application, and that of the commands
//     expand and eval. The caller does it first (syntax.Expand), checks each command in
//     ${...} and the result here, and sends the result so that it is not expanded again.
//   - What FreeSWITCH expands later, or on another channel, is refused if it holds a
//     ${...} whose value is not known to be plain (text.go: sample).
//
// What an application only says, plays or logs may be any text, even one with ${.
// Of the paths of playback and record only the format is checked (file.go): they are
// files of the switch, protected by its user's rights.
//
// What needs a grant and is neither a command nor an application is a use (use.go). A
// refusal names the grant that permits just that. What one run has FreeSWITCH start and
// keep is counted (burden.go).
//
// Checks do no I/O, take time in proportion to the text, keep no state, and are safe
// for concurrent use.
package grant

import (
	"cmp"
	"strings"
)

// Grants says what one flow may do.
type Grants struct {
	API        Rule        `yaml:"api" doc:"API commands: allow: [system] adds to the default, deny: [originate] takes away, only: [uuid_kill] permits nothing else; \"*\" is every command. By default a flow may use what harms no other call and runs no program; commands for a channel (uuid_kill) only act on its own call and the legs it dials. A refusal names the line to write here"`
	Apps       Rule        `yaml:"apps" doc:"dialplan applications, written as api above, and what is neither a command nor an application and needs a grant of its own: [file http] for files from a web server, [event notify], [dialplan lua] and what else a refusal names"`
	Read       []Directory `yaml:"read" doc:"directories on eslua's machine whose files the script may read, with all below them"`
	Write      []Directory `yaml:"write" doc:"directories on eslua's machine in which the script may write, read, rename and remove files, with all below them; not those of the scripts, the state and the configuration"`
	Env        []string    `yaml:"env" doc:"variables of eslua's environment that os.getenv returns"`
	Databases  []string    `yaml:"databases" doc:"databases of the configuration (databases:) that the script may use, by name"`
	Hosts      []Host      `yaml:"hosts" doc:"hosts that the script may connect to: api.example.com, *.example.com, \"*\", 192.0.2.7, 10.0.0.0/8, with :PORT where only one port is meant, or the name of a node; addresses of this machine and of private networks only if they are named as addresses"`
	Mail       []Recipient `yaml:"mail" doc:"who may get mail from the script: office@example.com, *@example.com, or \"*\""`
	Endpoints  []string    `yaml:"endpoints" doc:"endpoints of the configuration (endpoints:) that the script may push to, by name"`
	Buckets    []string    `yaml:"buckets" doc:"buckets of the configuration (buckets:) whose keys the script may read and write with kv, by name"`
	Queues     []string    `yaml:"queues" doc:"queues of the configuration (queues:) to which the script may publish, and whose messages it may work off, by name"`
	Campaigns  []string    `yaml:"campaigns" doc:"campaigns that the script may have dialled, by name; what it dials needs what originate does"`
	Nodes      []string    `yaml:"nodes" doc:"FreeSWITCH nodes of the configuration (nodes:) that the script may name, to run commands and to dial on them, by name; \"*\" is every node. The node of its own call or event, and one that eslua chooses for it, need no grant"`
	FireEvents bool        `yaml:"fire_events" doc:"whether the script may fire events into FreeSWITCH"`

	// Own lists the addresses (host:port) of this eslua's listener, as FreeSWITCH
	// dials them. The application socket to one of them is permitted, because a
	// flow with its own grants serves the call there. The program sets it, not the
	// configuration.
	Own []string `yaml:"-"`

	// Mine holds the channels of the script, nil: every channel is. The program
	// sets it for each run.
	Mine *Channels `yaml:"-"`

	// Burden counts what the script has FreeSWITCH start and keep, nil: it is not
	// bounded. The program sets it for each run.
	Burden *Burden `yaml:"-"`
}

// Default returns the grants of a flow for which the configuration says nothing:
// the commands and applications that need none, events, and no files.
func Default() Grants { return Grants{FireEvents: true} }

// CheckAPI checks an API command line: "uuid_kill 1234", "bgapi originate ...".
// The error is a *RefusedError or a *BurdenError.
func (g *Grants) CheckAPI(line string) error {
	c := g.check()
	name, arg, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	err := c.unlessUnlimited(APICommand, name, func() (err error) {
		if !silentAPI[strings.ToLower(name)] {
			if arg, err = c.text(arg); err != nil {
				return err
			}
		}
		return c.api(name+" "+arg, "")
	})
	if c.spent.burden == 0 {
		return err
	}
	return g.bear(err, c.spent, int64(len(line)))
}

// CheckApp checks an application and its argument, as FreeSWITCH has expanded it.
// The error is a *RefusedError or a *BurdenError.
func (g *Grants) CheckApp(app, data string) error {
	c, size := g.check(), int64(len(app)+len(data))
	err := c.unlessUnlimited(Application, app, func() error {
		scope, data := scoped(data)
		if _, err := c.text(scope); err != nil {
			return err
		}
		if isSpoken(app, data) {
			if err := c.programs(data); err != nil {
				return err
			}
		} else {
			var err error
			if data, err = c.text(data); err != nil {
				return err
			}
		}
		return c.expanded(app, data, "")
	})
	return g.bear(err, c.spent, size)
}

// CheckVariable checks a variable that is set on a channel or globally, because
// some variables are executed later, and FreeSWITCH expands every value again where it
// is used. A whole ${variable} may be a value; a part of one could complete a name.
// The error is a *RefusedError or a *BurdenError.
func (g *Grants) CheckVariable(name, value string) error {
	c, size := g.check(), int64(len(name)+len(value))
	err := c.unlessUnlimited(APICommand, "", func() (err error) {
		if !carries(name) {
			if err := c.programs(value); err != nil {
				return err
			}
			if oneVariable.MatchString(value) && !isSecret(value) {
				return nil
			}
		} else if carrierOf(name) == plays && oneTone.MatchString(value) {
			return nil
		}
		if value, err = c.text(value); err != nil {
			return err
		}
		return c.variable(name, value, "")
	})
	return g.bear(err, c.spent, size)
}

// CheckReading checks a variable of the script's own call that it reads: a variable
// that the channel does not have is looked for among the global ones, some of which
// hold passwords. The error is a *RefusedError.
func (g *Grants) CheckReading(name string) error { return g.check().reading(name, "") }

// CheckDial checks a dial string of originate or bridge.
// The error is a *RefusedError or a *BurdenError.
func (g *Grants) CheckDial(dial string) error {
	c, size := g.check(), int64(len(dial))
	err := c.unlessUnlimited(APICommand, "", func() error {
		dial, err := c.text(dial)
		return cmp.Or(err, c.dial(dial))
	})
	if err == nil {
		c.legs(dial)
	}
	return g.bear(err, c.spent, size)
}

// CheckEvent checks an event that is fired, with its headers and its body. The error is a
// *RefusedError or a *BurdenError.
func (g *Grants) CheckEvent(name string, headers [][2]string, body string) error {
	c, size := g.check(), len(name)+len(body)
	for _, h := range headers {
		size += len(h[0]) + len(h[1])
	}
	err := c.unlessUnlimited(Application, "event", func() error { return c.fired(name, headers, body) })
	c.spent.burden += int64(size) // no call ends with it
	return g.bear(err, c.spent, 0)
}

// bear returns the error of a check, or adds what passed to the run's burden.
func (g *Grants) bear(err error, s *spent, size int64) error {
	if err != nil {
		return err
	}
	return g.Burden.add(s.burden, size, s.room)
}

// Unlimited reports whether everything is permitted, so that no text need be read.
func (g *Grants) Unlimited() bool {
	return g.API.everything() && g.Apps.everything() && g.FireEvents
}

// unlessUnlimited reads a text unless everything is permitted; of what begins with a name
// then only the name is weighed.
func (c check) unlessUnlimited(kind, name string, read func() error) error {
	if c.grants.Unlimited() {
		c.starts(weights[kind][strings.ToLower(name)])
		return nil
	}
	return read()
}
