package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/eslua/eslua/host/console"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/peterh/liner"
)

// A typist is the person at a terminal, with the lines typed before.
type typist struct {
	*liner.State
	history string // the file; "": there is none
}

// openTerminal returns the person who types, if one does.
func (c *prompt) openTerminal() (*typist, bool) {
	out, ok := c.stdout.(terminal)
	if in, isFile := c.stdin.(*os.File); !ok || !isFile || !looked(in) || !looked(out.to) {
		return nil, false
	}
	t := &typist{State: liner.NewLiner(), history: historyFile(c.getenv)}
	t.SetCtrlCAborts(true)
	t.SetTabCompletionStyle(liner.TabPrints)
	t.SetBeep(false)
	if f, err := os.Open(t.history); err == nil {
		_, _ = t.ReadHistory(f) // without what cannot be read
		_ = f.Close()
	}
	return t, true
}

// historyFile returns the file that keeps the lines of a user's consoles.
func historyFile(getenv func(string) string) string {
	dir := getenv("XDG_STATE_HOME")
	if home := getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".local", "state")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "eslua", "console_history")
}

// close gives the terminal back and keeps what was typed.
func (t *typist) close() {
	_ = t.Close()
	if t.history == "" || os.MkdirAll(filepath.Dir(t.history), 0o700) != nil {
		return
	}
	if f, err := os.OpenFile(t.history, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err == nil {
		_, _ = t.WriteHistory(f)
		_ = f.Close()
	}
}

// talk runs what is typed until the console ends.
func (c *prompt) talk(ctx context.Context, in *typist) error {
	c.greet()
	in.SetWordCompleter(func(line string, at int) (string, []string, string) { return c.complete(ctx, line, at) })
	text := ""
	for {
		line, err := c.ask(ctx, in, text != "")
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			text = ""
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if strings.TrimSpace(line) != "" {
			in.AppendHistory(line)
		}
		text += line
		if complete, _ := isComplete(text); isLua(text) && !complete {
			text += "\n"
			continue
		}
		err = c.run(ctx, text)
		text = ""
		switch {
		case errors.Is(err, errQuit):
			return nil
		case err != nil && !errors.As(err, new(*reportedError)):
			return err
		}
	}
}

// ask asks for a line. The console may end meanwhile, or a signal come: then whoever reads
// the terminal ends with the process.
func (c *prompt) ask(ctx context.Context, in *typist, more bool) (string, error) {
	type typed struct {
		line string
		err  error
	}
	select {
	case <-c.interrupts: // that came before the keys are read
		return "", liner.ErrPromptAborted
	default:
	}
	answer := make(chan typed, 1)
	go func() {
		line, err := in.Prompt(c.question(more))
		answer <- typed{line, err}
	}()
	select {
	case a := <-answer:
		return a.line, a.err
	case <-c.console.Gone():
		_, err := c.console.Do(ctx, console.Request{}, nil, c.show)
		return "", err
	case <-ctx.Done():
		return "", io.EOF
	}
}

// question returns what the line begins with.
func (c *prompt) question(more bool) string {
	const most = 20
	g := c.console.Greeting
	what := "eslua"
	switch {
	case g.Call != "":
		what += " " + g.Call[:min(len(g.Call), 8)]
	case g.Flow != "":
		what += " " + g.Flow[:min(len(g.Flow), most)]
	}
	what = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, what)
	if more {
		return strings.Repeat(" ", max(0, len(what)-2)) + " >> "
	}
	return what + "> "
}

// complete returns what the word before a place in the line could be.
func (c *prompt) complete(ctx context.Context, line string, at int) (head string, names []string, tail string) {
	runes := []rune(line)
	head, tail = string(runes[:at]), string(runes[at:])
	switch {
	case strings.TrimSpace(head) == "":
		return head, nil, tail
	case strings.HasPrefix(head, "/") && !strings.Contains(head, " "):
		for _, name := range []string{"/calls", "/events", "/help", "/quit", "/trace"} {
			if strings.HasPrefix(name, head) {
				names = append(names, name)
			}
		}
		return "", names, tail
	case strings.HasPrefix(strings.TrimLeft(head, " "), "api "):
		command := strings.TrimLeft(head[strings.Index(head, "api ")+len("api "):], " ")
		return strings.TrimSuffix(head, command), grant.CompleteCommand(command), tail
	case !isLua(head):
		return head, nil, tail
	}
	a, err := c.console.Do(ctx, console.Request{Complete: &head}, nil, func(console.Answer) {})
	if err != nil || a.From > len(head) {
		return head, nil, tail
	}
	return head[:a.From], a.Names, tail
}
