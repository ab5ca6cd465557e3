package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/console"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/spf13/cobra"
)

func consoleCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "console",
		Short: "type Lua in the running eslua, and commands for its FreeSWITCH",
		Long: `Type Lua in the running eslua: a line is run like a script without a call, with its limits and grants, and
what an expression returns is printed as Lua. Variables stay until the console ends, those that are
declared local too. An unfinished statement goes on in the next line. Tab completes names and methods,
Ctrl-R searches the lines typed before, Ctrl-C ends what runs, Ctrl-D the console.

A line that begins with "api " and a word is a command for FreeSWITCH, as in fs_cli; one that begins
with / is for the console: /help lists them. Everything else is Lua.

With --call the console has that channel's session, and the grants and settings of its flow. The flow goes
on and has its call's connection for itself: the methods of this session are API commands (uuid_setvar,
uuid_broadcast, uuid_kill ...), which do not wait, and hear no digits. The call does not end with the console.

Whoever may open eslua's admin socket may use the console: the user that eslua runs as, and root. The log has
each line that is typed, with the user. Commands that begin with api need no grant, as these users can read
FreeSWITCH's password where eslua does.`,
		Example: examples(
			"a prompt, at which for example api:executeString(\"status\") can be typed", "eslua console",
			"the session of a call that runs; the beginning of its UUID is enough", "eslua console --call 3f2a",
			"one line, for a script: the exit code is 0 if it ran, 1 if it failed, 2 if it is no Lua", "eslua console -x 'freeswitch.getGlobalVariable(\"domain\")'",
			"a command for FreeSWITCH; an answer that begins with -ERR is exit code 1", "eslua console --node fs1 -x 'api sofia status'",
			"the calls that are answered from now on, with a header", "eslua console -x '/events CHANNEL_ANSWER variable_sip_call_id=*'",
			"several lines", "eslua console <lines.lua",
		),
		Args: noArguments,
	}
	host := p.host(c, c.Flags())
	var o console.Opening
	c.Flags().StringVar(&o.Node, "node", "", "the `NAME` of the FreeSWITCH; default: one of nodes, chosen by weight, and the events of all")
	c.Flags().StringVar(&o.Flow, "flow", "", "have the limits, grants, settings and modules of this `FLOW`; default: the general ones")
	c.Flags().StringVar(&o.Call, "call", "", "have the session of the channel with this `UUID`")
	code := c.Flags().StringP("execute", "x", "", "run this `LINE`, or these lines, instead of asking for lines")
	complete(c, "node", host.completes(fromStatus(nodeNames)))
	complete(c, "flow", host.completes(scriptNames))
	complete(c, "call", host.completes(callUUIDs))
	c.RunE = func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed("execute") {
			return p.consoleLine(c.Context(), host.client(), o, *code)
		}
		return p.console(c.Context(), host.client(), o)
	}
	return c
}

// A prompt is a console at work.
type prompt struct {
	*program
	client     *admin.Client
	console    *console.Client
	interrupts chan struct{}
	headers    []string // of events, that the line has named
}

// openConsole opens a console. The context ends when a signal other than an interrupt comes.
func (p *program) openConsole(ctx context.Context, client *admin.Client, o console.Opening) (*prompt, context.Context, func(), error) {
	con, err := client.Console(ctx, o)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &prompt{program: p, client: client, console: con, interrupts: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case s := <-p.signals:
				if s != os.Interrupt && s != syscall.SIGINT {
					stop()
					return
				}
				select {
				case c.interrupts <- struct{}{}:
				default:
					stop() // the one before did not help
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return c, ctx, func() { stop(); <-watched; con.Close() }, nil
}

// consoleLine runs one line.
func (p *program) consoleLine(ctx context.Context, client *admin.Client, o console.Opening, line string) error {
	several := strings.Contains(line, "\n") && !isLua(line)
	if isLua(line) {
		if _, wrong := isComplete(line); wrong != nil {
			if several = slices.ContainsFunc(strings.Split(line, "\n"), func(l string) bool { return !isLua(l) }); !several {
				return &usageError{wrong.Error()}
			}
		}
	}
	c, ctx, end, err := p.openConsole(ctx, client, o)
	if err != nil {
		return err
	}
	defer end()
	if several {
		return c.work(ctx, lines{strings.NewReader(line)})
	}
	if err := c.run(ctx, line); !errors.Is(err, errQuit) {
		return err
	}
	return nil
}

// console runs the lines that are typed, or those of a file.
func (p *program) console(ctx context.Context, client *admin.Client, o console.Opening) error {
	c, ctx, end, err := p.openConsole(ctx, client, o)
	if err != nil {
		return err
	}
	defer end()
	if in, ok := c.openTerminal(); ok {
		defer in.close()
		return c.talk(ctx, in)
	}
	return c.work(ctx, lines{p.stdin})
}

// greet says where the person at the prompt is, and how to go on.
func (c *prompt) greet() {
	g := c.console.Greeting
	what := "eslua " + g.Version
	if len(g.Nodes) > 0 {
		what += ", FreeSWITCH " + strings.Join(g.Nodes, ", ")
	}
	if g.Call != "" {
		what += ", the call " + g.Call
	}
	if g.Flow != "" {
		what += ", flow " + g.Flow
	}
	printLine(c.stdout, "%s", what)
	printLine(c.stdout, "Type Lua, api COMMAND for FreeSWITCH, or /help. The log says what %s has typed.", g.Who)
}
