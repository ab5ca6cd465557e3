package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// natsServerMain does what the program nats-server does.
func natsServerMain() {
	options, err := natsserver.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ExitOnError), os.Args[1:], nil, nil, nil)
	if err != nil {
		natsserver.PrintAndDie(err.Error())
	}
	s, err := natsserver.NewServer(options)
	if err != nil {
		natsserver.PrintAndDie(err.Error())
	}
	s.ConfigureLogger()
	if err := natsserver.Run(s); err != nil {
		natsserver.PrintAndDie(err.Error())
	}
	s.WaitForShutdown()
}

// TestTheClusterExample runs examples/nats-cluster as it is, except for its ports, and with
// keepScripts beside its own. Under calls, the NATS server that leads and one host are
// killed, in the full run each of the five in turn: no call notices a server, each goes on
// when its host dies, and what was accepted arrives, or is there.
func TestTheClusterExample(t *testing.T) {
	t.Parallel()
	x := newExample(t)
	var over atomic.Bool
	var calls sync.WaitGroup
	for i := range 6 {
		calls.Go(func() {
			for !over.Load() {
				c := x.sim.Call(switchsim.Caller{Number: "1000", Destination: []string{"notify", "keep"}[i%2]})
				if <-c.Done(); c.Cause() != "CALL_REJECTED" {
					t.Errorf("a call ended with %s", c.Cause())
				}
			}
		})
	}
	x.ledger.awaitKept(x.ctx, 20)
	victims := []string{x.leader(), "a"}
	if !testing.Short() {
		victims = []string{"n1", "n2", "n3", "a", "b"}
	}
	for _, name := range victims {
		x.kill(name)
		x.ledger.awaitKept(x.ctx, 40)
		x.leader() // all have caught up
	}
	over.Store(true)
	calls.Wait()
	<-x.sim.Call(switchsim.Caller{Number: "1000", Destination: "read"}).Done()
	x.ledger.settle(x.ctx)
	refused := 0
	for _, host := range []string{"a", "b"} {
		log, _ := os.ReadFile(filepath.Join(x.dir, "data", host, "log"))
		refused += strings.Count(string(log), "a push is not kept")
	}
	t.Logf("%d pushes were refused while the servers chose a leader", refused)
}

// An example is examples/nats-cluster as it runs.
type example struct {
	t      *testing.T
	ctx    context.Context
	dir    string
	ledger *ledger
	sim    *switchsim.Switch
	js     jetstream.JetStream
}

func newExample(t *testing.T) *example {
	x := &example{t: t, ctx: testproc.Context(t), dir: t.TempDir(), ledger: newLedger(t)}
	ports := []string{"127.0.0.1:8090", x.ledger.addr}
	addresses := map[string]string{}
	for _, port := range []string{"4222", "4223", "4224", "6222", "6223", "6224", "8084", "8085"} {
		addresses[port] = freePort(t)
		_, free, _ := net.SplitHostPort(addresses[port])
		ports = append(ports, port, free)
	}
	if err := os.CopyFS(x.dir, os.DirFS("../../examples/nats-cluster")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cluster", "eslua.yaml"} {
		text, err := os.ReadFile(filepath.Join(x.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, x.dir, name, strings.NewReplacer(append(ports, "grants: {endpoints: [crm]}", keepSettings)...).Replace(string(text)))
	}
	for name, text := range keepScripts {
		write(t, x.dir, "scripts/"+name, text)
	}
	nats := filepath.Join(x.dir, "nats-server")
	if err := os.Symlink(testproc.Binary(t), nats); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("sh", "cluster", filepath.Join(x.dir, "data"))
	run.Dir, run.Env = x.dir, []string{"PATH=" + os.Getenv("PATH"), "NATS_SERVER=" + nats, "ESLUA=" + programFile(t, testproc.Binary(t))}
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said testproc.Log
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, over := context.WithCancelCause(x.ctx)
	x.ctx = ctx
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		over(fmt.Errorf("the script has ended: %v, and said %s", run.Wait(), said.String()))
	}()
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		<-ended
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
		if t.Failed() {
			logs, _ := filepath.Glob(x.dir + "/data/*/log")
			for _, name := range logs {
				text, _ := os.ReadFile(name)
				t.Logf("%s:\n%s", name, text)
			}
		}
	})
	x.connect(addresses)
	var dialplan []switchsim.Extension
	for _, flow := range []string{"notify", "keep", "read"} {
		a, b := addresses["8084"], addresses["8085"]
		actions := []switchsim.Action{{App: "set", Data: "socket_resume=true"}}
		for range 20 {
			actions = append(actions, switchsim.Action{App: "socket", Data: fmt.Sprintf("%s/%[3]s|%[2]s/%[3]s async full", a, b, flow)})
			a, b = b, a
		}
		actions = append(actions, switchsim.Action{App: "hangup", Data: "NORMAL_TEMPORARY_FAILURE"})
		dialplan = append(dialplan, switchsim.Extension{Match: flow, Actions: actions})
	}
	x.sim = simulated(t, switchsim.Config{Trace: x.ledger.watch, Dialplan: switchsim.Dialplan{"default": dialplan}})
	return x
}

// connect waits until the hosts take calls and the cluster keeps messages.
func (x *example) connect(addresses map[string]string) {
	for _, port := range []string{"8084", "8085"} {
		x.until("a host takes no calls", func() bool { return knock(addresses[port]) == nil })
	}
	conn, err := nats.Connect(strings.Join([]string{addresses["4222"], addresses["4223"], addresses["4224"]}, ","),
		nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(conn.Close)
	if x.js, err = jetstream.New(conn); err != nil {
		x.t.Fatal(err)
	}
	x.leader()
}

func (x *example) until(what string, holds func() bool) {
	x.t.Helper()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-x.ctx.Done():
			x.t.Fatalf("%s: %v", what, context.Cause(x.ctx))
		}
	}
}

// leader waits until all three servers keep what waits, and returns the one that leads.
func (x *example) leader() (name string) {
	x.t.Helper()
	x.until("the NATS servers do not agree", func() bool {
		ctx, stop := context.WithTimeout(x.ctx, 2*time.Second)
		defer stop()
		stream, err := x.js.Stream(ctx, "ESLUA_OUTBOX")
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		cluster := stream.CachedInfo().Cluster
		name = cluster.Leader
		current := 0
		for _, replica := range cluster.Replicas {
			if replica.Current && !replica.Offline {
				current++
			}
		}
		return name != "" && current == 2
	})
	return name
}

// kill does kill -9 to a program, and waits until it runs again.
func (x *example) kill(name string) {
	x.t.Helper()
	file := filepath.Join(x.dir, "data", name, "pid")
	before, err := os.ReadFile(file)
	if err != nil {
		x.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(before)))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.until(name+" does not run again", func() bool {
		now, err := os.ReadFile(file)
		return err == nil && len(now) > 1 && string(now) != string(before)
	})
}
