package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/eslua/eslua/host/console"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
)

// errQuit ends a console.
var errQuit = errors.New("the console was told to end")

// isLua reports whether a line is Lua, and no command.
func isLua(line string) bool {
	_, isAPI := apiCommand(line)
	return !isAPI && !strings.HasPrefix(strings.TrimSpace(line), "/")
}

// apiCommand returns the command for FreeSWITCH in a line, if it has one. No Lua begins so.
func apiCommand(line string) (command string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "api")
	command = strings.TrimSpace(rest)
	ok = ok && rest != command && command != "" && unicode.IsLetter(rune(command[0]))
	return command, ok
}

// lua returns the Lua of a line; = before an expression is known from other prompts.
func luaOf(line string) string {
	trimmed := strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(trimmed, "="); ok {
		return rest
	}
	return line
}

// isComplete reports whether a text is complete Lua; if wrong is not nil, it cannot be
// compiled.
func isComplete(text string) (complete bool, wrong error) {
	text = luaOf(text)
	_, asExpression := vm.Compile("console", []byte("return "+text))
	_, wrong = vm.Compile("console", []byte(text))
	if asExpression == nil || wrong == nil {
		return true, nil
	}
	return !wantsMore(asExpression) && !wantsMore(wrong), wrong
}

// wantsMore reports whether a text ends too early.
func wantsMore(err error) bool {
	var at *vm.CompileError
	return errors.As(err, &at) && strings.HasSuffix(at.Message, "near '<eof>'") && !strings.HasPrefix(at.Message, "unfinished string")
}

// run runs a line and prints what comes of it. The error has been printed, or ends the
// console.
func (c *prompt) run(ctx context.Context, line string) error {
	select {
	case <-c.interrupts: // that came too late for the line before
	default:
	}
	trimmed := strings.TrimSpace(line)
	if trimmed == "" {
		return nil
	}
	if command, ok := apiCommand(line); ok {
		return c.api(ctx, command)
	}
	if strings.HasPrefix(trimmed, "/") {
		return c.command(ctx, trimmed)
	}
	line = luaOf(line)
	a, err := c.do(ctx, console.Request{Lua: &line})
	if err == nil && a.Values != "" {
		fmt.Fprintln(c.stdout, a.Values)
	}
	return err
}

// do has the console do something, and prints what it says meanwhile.
func (c *prompt) do(ctx context.Context, r console.Request) (console.Answer, error) {
	a, err := c.console.Do(ctx, r, c.interrupts, c.show)
	switch {
	case err != nil && ctx.Err() != nil && r.Events != nil: // they end in no other way
		return a, errQuit
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(c.stderr, "a signal has ended the console, and with it what ran")
		return a, &reportedError{exitFailed}
	case err != nil:
		return a, err
	}
	if a.Error != "" {
		fmt.Fprintln(c.stderr, a.Error)
		if a.Over {
			fmt.Fprintln(c.stderr, "this state of Lua has ended; the next line begins with a new one, without the variables")
		}
		return a, &reportedError{exitFailed}
	}
	return a, nil
}

func (c *prompt) show(a console.Answer) {
	switch {
	case a.Print != nil:
		fmt.Fprintln(c.stdout, *a.Print)
	case a.Event != nil:
		c.printEvent(*a.Event)
	case a.Said != "":
		fmt.Fprintf(c.stderr, "%s %s\n", a.Level, a.Said)
	}
}

func (c *prompt) api(ctx context.Context, command string) error {
	a, err := c.do(ctx, console.Request{API: &command})
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, strings.TrimRight(a.Output, "\n"))
	if strings.HasPrefix(a.Output, "-ERR") {
		return &reportedError{exitFailed}
	}
	return nil
}

// command does what a line says that begins with a slash.
func (c *prompt) command(ctx context.Context, line string) error {
	name, rest, _ := strings.Cut(line[1:], " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch name {
	case "calls":
		err = c.calls(ctx, c.client, trace.Query{Flow: rest, Most: 50}, false)
	case "trace":
		q := trace.Query{UUID: rest}
		if rest == "" {
			q.UUID = c.console.Greeting.Call
		}
		err = c.trace(ctx, c.client, q, false, false)
	case "events":
		c.headers = namedHeaders(rest)
		_, err = c.do(ctx, console.Request{Events: &rest})
		return err
	case "help":
		fmt.Fprint(c.stdout, consoleHelp)
	case "quit", "exit":
		return errQuit
	default:
		err = fmt.Errorf("there is no command /%s; /help lists them", name)
	}
	if err != nil {
		fmt.Fprintln(c.stderr, err)
		return &reportedError{exitFailed}
	}
	return nil
}

const consoleHelp = `  LUA                  is run, and what an expression returns is printed; local variables stay too
  api COMMAND          is run by FreeSWITCH, as in fs_cli: api status
  /calls [FLOW]        lists the calls that run and the last ones
  /trace [UUID]        shows what happened in a call: that of the console, or the last one
  /events [PATTERN] [HEADER=PATTERN]...
                       shows events as they come, until Ctrl-C: /events CHANNEL_* Caller-Destination-Number=70*
                       PATTERN is the name of an event or a subclass, with * for any text; headers that are named are shown
  /quit, Ctrl-D        ends the console, with its variables and what its Lua has begun
  Ctrl-C               ends what runs, or forgets what is typed
`

// lines are those of a file.
type lines struct{ from io.Reader }

// work runs lines that nobody types. The error says that one of them failed.
func (c *prompt) work(ctx context.Context, from lines) error {
	in := bufio.NewScanner(from.from)
	in.Buffer(nil, 1<<20)
	var failed error
	text := ""
	for in.Scan() && ctx.Err() == nil {
		text += in.Text()
		if complete, _ := isComplete(text); isLua(text) && !complete {
			text += "\n"
			continue
		}
		err := c.run(ctx, text)
		text = ""
		switch {
		case errors.Is(err, errQuit):
			return failed
		case errors.As(err, new(*reportedError)):
			failed = err
		case err != nil:
			return err
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	if text != "" {
		return c.run(ctx, text)
	}
	return failed
}
