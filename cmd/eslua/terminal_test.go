package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
)

// escapes command a terminal that gets them: clear the screen, ring, set a colour
// in two ways, delete, write backwards, begin a line.
const escapes = "a\x1b[2J\x07\u009b31m\x7f\u202eb\r\nforged line"

// commandsTerminal returns the first thing in a text that a terminal would obey, ""
// if there is none.
func commandsTerminal(text string) string {
	for i, r := range text {
		size := max(1, utf8.RuneLen(r))
		switch {
		case r == '\n' || r == '\t' || strings.HasPrefix(text[i:], "\r\n"):
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return text[max(0, i-30):min(len(text), i+size)]
		}
	}
	return ""
}

// TestNoEscapeReachesTheTerminal plants escapes in everything that a caller, a
// peer or whoever writes files can choose, and looks at what each command prints.
func TestNoEscapeReachesTheTerminal(t *testing.T) {
	evil := escapes + ".lua"
	w := startWatchedHost(t, map[string]string{
		"menu.lua":              menuScript + "--[[" + escapes + "]]",
		"lib/greet.lua":         greeting,
		evil:                    "session:answer() session:setVariable('x', [[" + escapes + "]]) error([[" + escapes + "]])",
		escapes + "/" + "a.txt": "data",
		"bad.lua":               "session:answer()\n",
	})
	w.call("menu", escapes)
	w.sim.Call(switchsim.Caller{Number: escapes, Destination: "nobody", UUID: "u" + escapes})
	<-w.over
	generation := w.scripts.Current().Name()
	w.save("menu.lua", menuScript+"--[[another "+escapes+"]]")
	w.save(escapes+"/b.txt", "more")
	if err := w.scripts.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.save("latin1\x9b31m"+evil, "")
	w.save("broken"+evil, "local x = = '"+escapes+"'")
	w.save("needs.lua", "require '"+strings.ReplaceAll(escapes, "\n", `\n`)+"'")
	if err := os.Symlink("../"+escapes, filepath.Join(w.dir, "link"+escapes)); err != nil {
		t.Fatal(err)
	}
	if err := w.scripts.Reload(t.Context()); err == nil {
		t.Fatal("broken scripts are taken")
	}
	broken := config.Default()
	broken.DefaultFlow = escapes
	w.app.admin.SetConfig("/etc/"+escapes+".yaml", broken, nil)
	w.app.admin.SetConfigProblem(&config.Error{File: escapes, Message: escapes})

	script := filepath.Join(t.TempDir(), "print.lua")
	if err := os.WriteFile(script, []byte("print([["+escapes+"\x9b1m]], argv[1])\nfreeswitch.consoleLog('err', [["+escapes+"]])\nerror([["+escapes+"]])"), 0o600); err != nil {
		t.Fatal(err)
	}
	dialplan := filepath.Join(t.TempDir(), "dialplan.xml")
	if err := os.WriteFile(dialplan, []byte(`<extension name="e`+"\u202e\u009b31m"+`"><condition field="f`+"\u202e"+`" expression="("><action application="socket" data="127.0.0.1:8084/`+"\u009b31m"+`"/></condition></extension>`), 0o600); err != nil {
		t.Fatal(err)
	}
	flow := strings.TrimSuffix(evil, ".lua")
	printed := 0
	for _, args := range [][]string{
		{"status", "--calls"}, {"status", "--json", "--calls"},
		{"scripts", "list", "--calls"}, {"scripts", "history"}, {"scripts", "history", flow}, {"scripts", "history", escapes},
		{"scripts", "diff"}, {"scripts", "diff", "menu"}, {"scripts", "diff", flow}, {"scripts", "diff", flow, generation},
		{"scripts", "pin", flow, generation}, {"status"}, {"scripts", "list"}, {"scripts", "history"}, {"scripts", "unpin", flow},
		{"scripts", "rollback", flow}, {"scripts", "rollback"}, {"scripts", "pin", escapes, "ffff"}, {"scripts", escapes}, {"status", escapes},
		{"check", w.dir}, {"check", filepath.Join(w.dir, "broken"+evil)}, {"check", escapes},
		{"exec", script, escapes}, {"exec", escapes}, {"exec", filepath.Join(w.dir, "broken"+evil)}, {"exec", "--limit", escapes, script},
		{"dialplan", "--scripts", w.dir}, {"dialplan", "--scripts", w.dir, escapes}, {"dialplan", "--check", dialplan}, {"dialplan", "--check", escapes},
		{"doc", escapes}, {"serve", escapes}, {"serve", "--config", escapes}, {"serve", "--listen", escapes}, {"serve", "--" + escapes}, {escapes}, {"version", escapes}, {"demo", escapes},
	} {
		line := slices.Clone(args)
		if args[0] == "status" || args[0] == "scripts" {
			line = append(line, "--admin", w.socket)
		}
		_, out := askEslua(line...)
		if found := commandsTerminal(out); found != "" {
			t.Errorf("eslua %q prints %q", args, found)
		}
		lists := args[0] == "status" || slices.Contains(args, "list") || slices.Contains(args, "history") || slices.Contains(args, "--check") || slices.Contains(args, w.dir) && args[0] == "check"
		if lists && strings.Contains(out, "\nforged") {
			t.Errorf("eslua %q prints a line of its own for what is a part of one: %s", args, out)
		}
		if strings.Contains(out, `\u001b[2J`) || strings.Contains(out, `\x1b[2J`) {
			printed++
		}
		if args[len(args)-1] == "--json" && !json.Valid([]byte(out)) {
			t.Errorf("eslua %q prints no JSON: %s", args, out)
		}
	}
	if printed < 25 {
		t.Errorf("only %d commands print the escapes at all", printed)
	}
}

// TestTheLogOfServeHasNoEscape in either format, whatever a peer sends.
func TestTheLogHasNoEscape(t *testing.T) {
	for _, format := range []config.Format{"text", "json"} {
		var out bytes.Buffer
		p := &program{stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
		script := filepath.Join(t.TempDir(), "log.lua")
		if err := os.WriteFile(script, []byte("freeswitch.consoleLog('err', [["+escapes+"]])"), 0o600); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "eslua.yaml")
		if err := os.WriteFile(file, []byte("log: {format: "+string(format)+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if code := p.main(context.Background(), []string{"exec", "--config", file, script}); code != exitFine {
			t.Fatalf("exit code %d: %s", code, &out)
		}
		if found := commandsTerminal(out.String()); found != "" || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("the log in %s holds %q: %s", format, found, &out)
		}
		if format == "json" && !json.Valid(out.Bytes()) {
			t.Errorf("no JSON: %s", &out)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, Größe, 日本語, \t and\r\nlines\n": "plain text, Größe, 日本語, \t and\r\nlines\n",
		"\x1b[1mred":        `\u001b[1mred`,
		"over\rwritten\r":   `over\u000dwritten\u000d`,
		"\x9b\xff and \xc3": `\x9b\xff and \xc3`,
		"\ufffd \u2066x":    "\ufffd " + `\u2066x`,
		"":                  "",
	} {
		if got := string(visible([]byte(text))); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
