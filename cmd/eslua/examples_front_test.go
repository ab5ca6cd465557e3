package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// TestTheFrontExample runs the two hosts of examples/cluster, as they are but for ports, with
// two simulated nodes, and kills each of the four in turn: calls go on at the other host, new
// ones are served, and hooks are told of the nodes, once by each host that runs. It takes
// some seconds because tones are played and connections made again in real time.
func TestTheFrontExample(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	first, second := f.call("fs1"), f.call("fs2")
	for _, name := range []string{"fs1", "fs2"} {
		f.says("a", "begins on "+name, 1)
	}
	f.kill("a")
	f.says("b", "goes on after round ", 2) // the same calls, at the other host
	if strings.Contains(f.hosts["b"].log.String(), "begins on") {
		t.Error("a call has begun again instead of going on")
	}
	f.start("a")

	f.sims["fs1"].Close()
	<-first.Done()
	f.says("b", "FreeSWITCH fs1 is lost", 1)
	f.call("fs2")
	f.says("a", "begins on fs2", 1) // since a was started again
	f.simulate("fs1")
	f.says("b", "FreeSWITCH fs1 is restarted", 1)
	f.says("a", "FreeSWITCH fs1 is connected", 1)
	f.call("fs1")
	f.says("a", "begins on fs1", 1)

	f.kill("b")
	f.says("a", "goes on after round ", 1) // the second call has come back
	f.sims["fs2"].Close()
	<-second.Done()
	f.says("a", "FreeSWITCH fs2 is lost", 1)
	if n := f.hosts["b"].log.Count("FreeSWITCH fs1 is"); n != 4 {
		t.Errorf("%d hooks of host b have run for fs1, which was connected, lost, connected and restarted", n)
	}
}

// A front is examples/cluster without its proxy.
type front struct {
	t       *testing.T
	ctx     context.Context
	dir     string
	program string
	sims    map[string]*switchsim.Switch
	hosts   map[string]*hostProcess
	address map[string]string // of nodes and hosts
}

type hostProcess struct {
	cmd   *exec.Cmd
	log   *testproc.Log
	ended chan struct{}
}

func newFront(t *testing.T) *front {
	f := &front{t: t, ctx: testproc.Context(t), dir: t.TempDir(), program: programFile(t, testproc.Binary(t)),
		sims: map[string]*switchsim.Switch{}, hosts: map[string]*hostProcess{}, address: map[string]string{}}
	if err := os.CopyFS(f.dir, os.DirFS("../../examples/cluster")); err != nil {
		t.Fatal(err)
	}
	var replaced []string
	for name, written := range map[string]string{"a": "127.0.0.1:8084", "b": "127.0.0.1:8085", "fs1": "127.0.0.1:8321", "fs2": "127.0.0.1:8421", "ma": "127.0.0.1:9090", "mb": "127.0.0.1:9091"} {
		f.address[name] = freeAddress(t)
		replaced = append(replaced, written, f.address[name])
	}
	for _, host := range []string{"a", "b"} {
		text, err := os.ReadFile(filepath.Join(f.dir, "host-"+host+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, f.dir, "host-"+host+".yaml", strings.NewReplacer(replaced...).Replace(string(text)))
		f.start(host)
		t.Cleanup(func() { f.kill(host) })
	}
	for _, name := range []string{"fs1", "fs2"} {
		f.simulate(name)
		for _, host := range []string{"a", "b"} {
			f.says(host, "FreeSWITCH "+name+" is connected", 1)
		}
	}
	return f
}

// simulate starts a node whose dialplan is that of the README.
func (f *front) simulate(name string) {
	actions := []switchsim.Action{{App: "set", Data: "socket_resume=true"}}
	a, b := f.address["a"], f.address["b"]
	for range 4 {
		actions = append(actions, switchsim.Action{App: "socket", Data: fmt.Sprintf("%s/welcome|%s/welcome async full", a, b)})
		a, b = b, a
	}
	actions = append(actions, switchsim.Action{App: "hangup", Data: "NORMAL_TEMPORARY_FAILURE"})
	f.sims[name] = simulated(f.t, switchsim.Config{Listen: f.address[name], Dialplan: switchsim.Dialplan{"default": {{Match: "welcome", Actions: actions}}}})
}

func (f *front) call(node string) *switchsim.Call {
	return f.sims[node].Call(switchsim.Caller{Number: "1000", Destination: "welcome"})
}

// start runs a host, and waits until it takes calls.
func (f *front) start(host string) {
	runtime := filepath.Join(f.dir, "run-"+host)
	if err := os.MkdirAll(runtime, 0o700); err != nil {
		f.t.Fatal(err)
	}
	p := &hostProcess{cmd: exec.Command(f.program, "serve", "--config", "host-"+host+".yaml"), log: &testproc.Log{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = f.dir, []string{"RUNTIME_DIRECTORY=" + runtime, "PATH=" + os.Getenv("PATH")}, p.log
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	f.hosts[host] = p
	f.says(host, "taking calls", 1)
}

// kill does kill -9 to a host.
func (f *front) kill(host string) {
	_ = f.hosts[host].cmd.Process.Signal(syscall.SIGKILL)
	<-f.hosts[host].ended
}

// says waits until a host has logged a text so many times.
func (f *front) says(host, text string, times int) {
	f.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for f.hosts[host].log.Count(text) < times {
		select {
		case <-look.C:
		case <-f.ctx.Done():
			for name, p := range f.hosts {
				f.t.Logf("host %s:\n%s", name, p.log)
			}
			f.t.Fatalf("host %s does not say %q: %v", host, text, context.Cause(f.ctx))
		}
	}
}
