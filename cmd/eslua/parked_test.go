package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/google/uuid"
)

// TestACallLeftParkedIsServedByTheNextEslua: an eslua dies before it serves a call,
// and the next one, on the same port, runs the call's flow.
func TestACallLeftParkedIsServedByTheNextEslua(t *testing.T) {
	sim := simulated(t, switchsim.Config{Dialplan: patient})
	l := listening(t)
	died := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = c.Close()
		}
		died <- err
	}()
	id := uuid.NewString()
	socket := l.Addr().String() + "/again/7001 async full"
	if _, err := sim.Originate("{origination_uuid=" + id + "}loopback/wait 'm:^:socket:" + socket + "' inline"); err != nil {
		t.Fatal(err)
	}
	if err := <-died; err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()

	dir := directory(t, map[string]string{"again.lua": "freeswitch.consoleLog('info', 'ran with ' .. argv[1])\nsession:hangup('USER_BUSY')\n"})
	cfg := config.Default()
	cfg.Scripts, cfg.Parked = dir, config.Parked{Action: config.Reenter}
	cfg.Nodes = []config.Node{{Address: config.Address(sim.Addr()), Password: "ClueCon"}}
	seen, clk := newStage(), clock.NewManual(time.Now())
	act := seen.expect(id)
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	serving(t, l, cfg, clk, stageLog{stage: seen}, seams{ended: seen.ended})
	again, ctx := time.NewTicker(time.Millisecond), testproc.Context(t)
	defer again.Stop()
	for waiting := true; waiting; {
		select {
		case <-again.C:
			clk.Advance(100 * time.Millisecond)
		case <-act.over:
			waiting = false
		case <-ctx.Done():
			t.Fatal("the call was not handed over again")
		}
	}
	if got := strings.Join(act.logged(), "; "); got != "ran with 7001" || act.cause != "USER_BUSY" {
		t.Errorf("logged %q, ended with %q", got, act.cause)
	}
}
