package main

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/google/uuid"
)

// TestACallLeftParkedIsServedByTheNextEslua: an eslua dies before it serves a call,
// and the next one, on the same port, runs the call's flow.
func TestACallLeftParkedIsServedByTheNextEslua(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: patient})
		l := n.Listen()
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

		cfg := config.Default()
		cfg.Scripts = directory(t, map[string]string{"again.lua": "freeswitch.consoleLog('info', 'ran with ' .. argv[1])\nsession:hangup('USER_BUSY')\n"})
		cfg.Parked = config.Parked{Action: config.Reenter}
		cfg.Nodes = []config.Node{{Address: config.Address(sim.Addr()), Password: "ClueCon"}}
		seen := newStage()
		act := seen.expect(id)
		l, err := n.ListenOn("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		test := seamsOn(n)
		test.ended = seen.ended
		serving(t, l, cfg, clock.System(), stageLog{stage: seen}, test)
		select {
		case <-act.over:
		case <-testproc.BubbleContext(t).Done():
			t.Fatal("the call was not handed over again")
		}
		if got := strings.Join(act.logged(), "; "); got != "ran with 7001" || act.cause != "USER_BUSY" {
			t.Errorf("logged %q, ended with %q", got, act.cause)
		}
	})
}
