package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"golang.org/x/sys/unix"
)

// openTerminal returns a terminal, and what a person would read there so far.
func openTerminal(t *testing.T) (tty *os.File, shown func() string) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close(); person.Close() })
	return tty, func() string {
		const end = "--end--"
		fmt.Fprint(tty, end)
		var text strings.Builder
		for !strings.HasSuffix(text.String(), end) {
			var b [4096]byte
			n, err := person.Read(b[:])
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b[:n])
		}
		return strings.TrimSuffix(text.String(), end)
	}
}

// TestColoursOnlyForAPerson: a person at a terminal gets colours, unless they say
// otherwise; nobody else does, and no text brings its own.
func TestColoursOnlyForAPerson(t *testing.T) {
	dir := directory(t, map[string]string{"bad.lua": "session:answer()\nprint(" + "\"\x1b[32m\"" + " .. nmae)\n", "\x1b[2Jx.lua": "x = = 1"})
	check := func(environment map[string]string) string {
		tty, shown := openTerminal(t)
		p := &program{stdout: tty, stderr: tty, getenv: func(name string) string { return environment[name] }}
		if code := p.main(context.Background(), []string{"check", dir}); code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		return shown()
	}
	if text := check(map[string]string{"TERM": "xterm"}); !strings.Contains(text, "\x1b[31m"+filepath.Join(dir, "bad.lua")) || strings.Contains(text, "\x1b[2J") {
		t.Errorf("a person sees %q", text)
	}
	for _, environment := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		if text := check(environment); strings.Contains(text, "\x1b") || !strings.Contains(text, "bad.lua:2: ") {
			t.Errorf("%v: a person sees %q", environment, text)
		}
	}
	if _, text := askEslua("check", dir); strings.Contains(text, "\x1b") {
		t.Errorf("a pipe gets %q", text)
	}
}

// TestProgressOnlyForAPerson: who looks at long work sees how far it is, until it is done.
func TestProgressOnlyForAPerson(t *testing.T) {
	tty, shown := openTerminal(t)
	clk := clock.NewManual(time.Unix(0, 0))
	var pipe bytes.Buffer
	atTerminal, elsewhere := &program{clock: clk, stderr: terminal{to: tty}}, &program{clock: clk, stderr: terminal{to: &pipe}}
	for _, p := range []*program{atTerminal, elsewhere} {
		w := p.working("checking scripts")
		w.step()
		clk.Advance(patience)
		w.step()
		w.step()
		w.done()
		w.done()
	}
	if got, want := shown(), "\r\x1b[Kchecking scripts: 2\r\x1b[K"; got != want || pipe.Len() > 0 {
		t.Errorf("a person sees %q, a pipe gets %q", got, &pipe)
	}
}
