package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
)

// systemctl stands in a clean root, where no systemd runs: whoever reads the first pipe
// does what it is asked for, and answers with an exit code and what to print.
const systemctl = `#!/bin/sh
echo "$*" >/run/systemctl.asked
{ read -r code; cat; exit $code; } </run/systemctl.answer
`

// A cleanRoot is a Debian with nothing but what our package depends on, and the part of
// systemd that its scripts need.
type cleanRoot struct {
	*site
	root    string
	mu      sync.Mutex
	running map[string]*process
	enabled []string
}

func newCleanRoot(t *testing.T, archive string) *cleanRoot {
	c := &cleanRoot{root: t.TempDir(), running: map[string]*process{}}
	if out, err := exec.Command("tar", "-C", c.root, "-xpf", archive).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.site = &site{t: t, dir: filepath.Join(c.root, "run"), listen: freeAddress(t), playing: make(chan string, 9)}
	socket := func(path string) []switchsim.Action {
		return []switchsim.Action{{App: "set", Data: "socket_resume=true"}, {App: "socket", Data: c.listen + path + " async full"}}
	}
	c.sim = simulated(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "short", Actions: socket("/inviteToConf/7001/1/1/USER_BUSY")},
		{Match: "long", Actions: socket("/inviteToConf/7001/600")},
		{Match: "7001", Actions: []switchsim.Action{{App: "hangup", Data: "CALL_REJECTED"}}},
	}}, Trace: func(e switchsim.Entry) {
		if e.Kind == "answer" {
			c.playing <- e.UUID
		}
	}})
	if err := os.WriteFile(filepath.Join(c.root, "usr/bin/systemctl"), []byte(systemctl), 0o755); err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	pipes := [2]*os.File{}
	for i, name := range []string{"systemctl.asked", "systemctl.answer"} {
		file := filepath.Join(c.dir, name)
		if err := syscall.Mkfifo(file, 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if pipes[i], err = os.OpenFile(file, os.O_RDWR, 0); err != nil {
			t.Fatal(err)
		}
	}
	served.Go(func() { c.serveSystemctl(pipes[0], filepath.Join(c.dir, "systemctl.answer")) })
	t.Cleanup(func() {
		_, _ = fmt.Fprintln(pipes[0], "exit")
		served.Wait()
		_ = pipes[0].Close()
	})
	_ = pipes[1].Close() // each answer opens it, and ends it
	return c
}

func (c *cleanRoot) serveSystemctl(asked *os.File, answer string) {
	for in := bufio.NewScanner(asked); in.Scan() && in.Text() != "exit"; {
		text, code := c.systemctl(strings.Fields(in.Text())), 0
		if text == "failed" {
			text, code = "", 1
		}
		to, err := os.OpenFile(answer, os.O_WRONLY, 0)
		if err != nil {
			c.t.Error(err)
			return
		}
		_, _ = fmt.Fprintf(to, "%d\n%s", code, text)
		_ = to.Close()
	}
}

// systemctl does what systemd would, and returns what to print, or "failed".
func (c *cleanRoot) systemctl(words []string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") && w != "--now" })
	verb, unit := words[0], words[len(words)-1]
	switch verb {
	case "is-active": // eslua.socket
		return "failed"
	case "list-units":
		var lines strings.Builder
		for name := range c.running {
			fmt.Fprintf(&lines, "%s loaded active running eslua\n", name)
		}
		return lines.String()
	case "list-unit-files":
		return strings.Join(c.enabled, " enabled enabled\n")
	case "enable":
		c.enabled = append(c.enabled, unit)
		if !slices.Contains(words, "--now") {
			return ""
		}
		return c.startUnit(unit)
	case "disable":
		c.enabled = slices.DeleteFunc(c.enabled, func(u string) bool { return u == unit })
	case "start":
		return c.startUnit(unit)
	case "stop":
		c.running[unit].end(c.t)
		<-c.running[unit].over
		delete(c.running, unit)
	}
	return ""
}

// startUnit runs the command line of a unit as its user, with what systemd gives it.
func (c *cleanRoot) startUnit(unit string) string {
	name := strings.NewReplacer("1", "", "2", "", "3", "").Replace(unit) // the template's
	file, err := os.ReadFile(filepath.Join(c.root, "usr/lib/systemd/system", name))
	if err != nil {
		c.t.Error(err)
		return "failed"
	}
	_, line, _ := strings.Cut(string(file), "\nExecStart=")
	line, _, _ = strings.Cut(line, "\n")
	args := append([]string{c.root, "setpriv", "--reuid", "eslua", "--regid", "eslua", "--clear-groups"}, strings.Fields(line)...)
	if out, err := c.run("install", "-d", "-o", "eslua", "/run/eslua"); err != nil {
		c.t.Errorf("%v\n%s", err, out)
	}
	p := c.start(exec.Command("chroot", args...), fmt.Sprintf("NOTIFY_SOCKET=/run/notify%d", c.processes+1),
		"RUNTIME_DIRECTORY=/run/eslua", "STATE_DIRECTORY=/var/lib/eslua", "ESLUA_LISTEN="+c.listen)
	for line := range p.lines {
		if strings.Contains(line, `msg="taking calls"`) {
			c.running[unit] = p
			return ""
		}
	}
	return "failed"
}

func (c *cleanRoot) run(args ...string) (string, error) {
	cmd := exec.Command("chroot", append([]string{c.root}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c *cleanRoot) must(args ...string) string {
	c.t.Helper()
	out, err := c.run(args...)
	if err != nil {
		c.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return out
}

// serves makes a call to a flow of the program, in which nobody presses a digit.
func (c *cleanRoot) serves() {
	c.t.Helper()
	c.ends(c.call("short"), "USER_BUSY")
	<-c.playing
}

// TestPackage installs the Debian package in a clean root, upgrades it during a call, and
// removes it. .ci/package makes the root and the packages.
func TestPackage(t *testing.T) {
	archive := os.Getenv("ESLUA_PACKAGE_ROOT")
	if archive == "" || testing.Short() {
		t.Skip("ESLUA_PACKAGE_ROOT is not set: .ci/package makes it")
	}
	c := newCleanRoot(t, archive)
	c.must("dpkg", "-i", "/tmp/1.deb")
	if out := c.must("eslua", "status"); !strings.HasPrefix(out, "eslua 1, process ") {
		t.Errorf("eslua status prints %s", out)
	}
	c.serves()
	for name, mode := range map[string]string{"/etc/eslua/eslua.yaml": "640 root eslua", "/var/lib/eslua": "750 eslua eslua", "/usr/share/man/man1/eslua-serve.1.gz": "644 root root", "/usr/share/doc/eslua/examples/scripts/menu_test.lua": "644 root root"} {
		if got := strings.TrimSpace(c.must("stat", "-c", "%a %U %G", name)); got != mode {
			t.Errorf("%s has %s, want %s", name, got, mode)
		}
	}
	c.must("bash", "-n", "/usr/share/bash-completion/completions/eslua")

	c.must("sh", "-c", "echo '# mine' >>/etc/eslua/eslua.yaml")
	staying, first := c.call("long"), c.running["eslua@1.service"]
	c.must("dpkg", "-i", "/tmp/2.deb")
	if out := c.must("eslua", "status"); !strings.HasPrefix(out, "eslua 2, process ") || !strings.Contains(out, "takes no new calls: 1 call running") {
		t.Errorf("after the upgrade eslua status prints %s", out)
	}
	if !slices.Equal(c.enabled, []string{"eslua@2.service"}) {
		t.Errorf("at the next boot %q start", c.enabled)
	}
	c.must("grep", "-qx", "# mine", "/etc/eslua/eslua.yaml")
	c.serves()
	staying.Press("1")
	c.ends(staying, "CALL_REJECTED")
	first.ended(t)
	delete(c.running, "eslua@1.service")

	c.must("dpkg", "-r", "eslua")
	if len(c.running) > 0 || len(c.enabled) > 0 {
		t.Errorf("after the removal %v run, %q start at the next boot", c.running, c.enabled)
	}
	c.must("grep", "-qx", "# mine", "/etc/eslua/eslua.yaml")
	c.must("dpkg", "--purge", "eslua")
	for _, name := range []string{"/etc/eslua", "/var/lib/eslua", "/usr/bin/eslua"} {
		if _, err := os.Lstat(filepath.Join(c.root, name)); err == nil {
			t.Errorf("after the purge there is %s", name)
		}
	}
}
