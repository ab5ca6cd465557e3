package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// executeScript runs a script by the command line, after the flags, on a network of the
// test's bubble, or this machine's.
func executeScript(t *testing.T, n *memnet.Network, signals <-chan os.Signal, source string, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "job.lua")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	var seams seams
	if n != nil {
		seams = seamsOn(n)
	}
	p := &program{stdout: &out, stderr: &errs, getenv: noEnv, signals: signals, seams: seams}
	code = p.main(context.Background(), append(append([]string{"exec"}, flags...), file))
	return code, out.String(), errs.String()
}

func TestExecReachesANode(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		n, ctx := memnet.New(), testproc.BubbleContext(t)
		sim := simulatedOn(t, n, switchsim.Config{Password: "secret"})
		nc, err := n.Dial(ctx, sim.Addr())
		if err != nil {
			t.Fatal(err)
		}
		sw := logIn(ctx, t, nc, "secret")
		subscribe, err := esl.Subscribe("plain", "CUSTOM eslua::exec")
		sw.do(ctx, t, subscribe, err)

		dir := t.TempDir()
		write(t, dir, "eslua.yaml", "grants: {api: {allow: [global_setvar]}}\n")
		code, stdout, stderr := executeScript(t, n, nil, `
local api = freeswitch.API()
print(api:execute("uuid_exists", "nobody"), #api:executeString("create_uuid"), freeswitch.running())
freeswitch.setGlobalVariable("eslua_exec", "it's set")
print(freeswitch.getGlobalVariable("eslua_exec"))
local e = freeswitch.Event("CUSTOM", "eslua::exec")
e:addHeader("Where", "here")
print(e:fire())
print(select(2, pcall(api.execute, api, "system", "ls")))
`, "--config", filepath.Join(dir, "eslua.yaml"), "--esl", sim.Addr(), "--password", "secret")
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		if code != exitFine || stderr != "" || len(lines) != 4 ||
			lines[0] != "false\t36\ttrue" || lines[1] != "it's set" || lines[2] != "true" ||
			!strings.Contains(lines[3], `"system" is not granted`) {
			t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
		}
		for {
			e, err := sw.conn.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if e.Get("Event-Subclass") == "eslua::exec" {
				if e.Get("Where") != "here" {
					t.Fatalf("fired %s", e.Plain())
				}
				return
			}
		}
	})
}

func TestExecWithoutItsNode(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		sim := simulatedOn(t, n, switchsim.Config{Password: "secret"})
		const nobody = "127.0.0.1:9"
		for name, c := range map[string]struct{ address, password, says string }{
			"not there":      {nobody, "secret", "check that FreeSWITCH runs and that mod_event_socket listens at " + nobody},
			"wrong password": {sim.Addr(), "wrong", "must be the param password of event_socket.conf.xml"},
		} {
			code, stdout, stderr := executeScript(t, n, nil, `print(freeswitch.running())
freeswitch.API():execute("status")`, "--esl", c.address, "--password", c.password)
			if code != exitFailed || stdout != "false\n" ||
				!strings.Contains(stderr, "job.lua:2: ") || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, c.address) {
				t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
			}
		}
		if code, _, stderr := executeScript(t, n, nil, `print(1)`, "--esl", nobody, "--password", "x"); code != exitFine || stderr != "" {
			t.Errorf("a script that needs none: exit %d\n%s", code, stderr)
		}
	})
}

// Ctrl-C ends the wait for a peer that sends nothing.
func TestExecIsInterruptedWhileItConnects(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		l := n.Listen()
		defer l.Close()
		signals := make(chan os.Signal, 1)
		go func() {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			defer nc.Close()
			signals <- syscall.SIGINT
			_, _ = nc.Read(make([]byte, 1)) // until exec closes
		}()
		if code, _, stderr := executeScript(t, n, signals, `freeswitch.API():execute("status")`, "--esl", l.Addr().String(), "--password", "x"); code != exitFailed {
			t.Errorf("exit %d\n%s", code, stderr)
		}
	})
}

// TestExecOfWhatIsNoScript: neither a pipe nor a huge file keeps exec.
func TestExecOfWhatIsNoScript(t *testing.T) {
	dir := t.TempDir()
	pipe, huge := filepath.Join(dir, "pipe"), filepath.Join(dir, "huge.lua")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "huge.lua", "")
	if err := os.Truncate(huge, 100<<30); err != nil {
		t.Fatal(err)
	}
	if code, out := askEslua("exec", pipe); code != exitFine {
		t.Errorf("an empty pipe: exit code %d, %s", code, out)
	}
	if code, out := askEslua("exec", huge); code != exitFailed || !strings.Contains(out, "is larger than 4194304 bytes, too large for a script") {
		t.Errorf("exit code %d, %s", code, out)
	}
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0) // it never writes
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGINT
	p := &program{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, signals: signals}
	if code := p.main(t.Context(), []string{"exec", pipe}); code != exitFailed {
		t.Errorf("interrupted: exit code %d", code)
	}
}

// A script that is run alone finds the files beside it.
func TestExecListsItsDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "lists/a.txt", "a")
	write(t, dir, "main.lua", `
		local lfs = require "lfs"
		local names = {}
		for _, where in ipairs{".", lfs.currentdir(), "lists"} do
			for name in lfs.dir(where) do names[#names + 1] = name end
		end
		print(table.concat(names, " "), lfs.attributes("lists", "mode"))`)
	if code, out := askEslua("exec", filepath.Join(dir, "main.lua")); code != exitFine || !strings.Contains(out, ". .. lists main.lua . .. lists main.lua . .. a.txt\tdirectory") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// A script that no call has caused has mod_lua's stream, by which it knows that.
func TestExecHasAStream(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "main.lua", `if session == nil and stream ~= nil then stream:write("written\n") end`)
	if code, out := askEslua("exec", filepath.Join(dir, "main.lua")); code != exitFine || !strings.Contains(out, "written") {
		t.Errorf("exit code %d, %s", code, out)
	}
}
