package node

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
)

// simulated returns a Link to a simulated FreeSWITCH, each with a clock of its own.
func simulated(t *testing.T, cfg switchsim.Config, node Node) (*world, *switchsim.Switch, *clock.Manual) {
	t.Helper()
	w := &world{t: t, clk: clock.NewManual(time.Unix(0, 0)), log: newJournal(), pausing: make(chan struct{}, 100)}
	theirs := clock.NewManual(time.Unix(0, 0))
	cfg.Clock = theirs
	sw := switchsim.New(cfg)
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	node.Name, node.Address = "sim", sw.Addr()
	w.link = New(node, slog.New(slog.NewTextHandler(w.log, nil)), w.clk, Options{Rand: func() float64 { w.pausing <- struct{}{}; return 0 }})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.link.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		sw.Close()
	})
	return w, sw, theirs
}

func TestASimulatedFreeSWITCH(t *testing.T) {
	w, sw, theirs := simulated(t, switchsim.Config{
		Endpoints: []switchsim.Endpoint{{Dial: "user/1000"}, {Dial: "user/2000", Cause: "USER_BUSY"}},
	}, Node{Password: "ClueCon"})
	l := w.link
	w.log.wait(1, "connected to FreeSWITCH")

	if out, err := l.API(t.Context(), "uuid_exists nobody"); err != nil || out != "false" {
		t.Errorf("uuid_exists: %q, %v", out, err)
	}
	if out, err := l.BgAPI(t.Context(), "originate user/2000 &park()"); err != nil || out != "-ERR USER_BUSY\n" {
		t.Errorf("busy: %q, %v", out, err)
	}
	out, err := l.BgAPI(t.Context(), "originate user/1000 &park()")
	if err != nil || !strings.HasPrefix(out, "+OK ") {
		t.Fatalf("originate: %q, %v", out, err)
	}
	if err := l.SendEvent(t.Context(), "CUSTOM", [][2]string{{"Event-Subclass", "test::ping"}, {"Name", "Müller 50%"}}, "a\nb"); err != nil {
		t.Error(err)
	}

	for range 10 { // five heartbeats keep it up longer than silence would
		theirs.WaitForTimers(1) // the heart has gone to sleep again
		l.mu.Lock()
		l.status.CoreUUID = ""
		l.mu.Unlock()
		theirs.Advance(20 * time.Second)
		for l.Status().CoreUUID == "" {
			runtime.Gosched()
		}
		w.clk.Advance(20 * time.Second)
	}
	core := l.Status().CoreUUID
	if !l.Up() || core == "" {
		t.Errorf("%+v", l.Status())
	}
	sw.Cut("")
	w.nextAttempt()
	w.log.wait(2, "connected to FreeSWITCH")
	if s := l.Status(); s.Connects != 2 || s.Restarts != 0 || s.CoreUUID != core {
		t.Errorf("%+v", s)
	}
}

func TestASimulatedRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  switchsim.Config
		node Node
		log  string
	}{
		"password": {switchsim.Config{}, Node{Password: "wrong"}, "refuses the password (-ERR invalid)"},
		"user":     {switchsim.Config{}, Node{User: "1000@example.org", Password: "wrong"}, "refuses user 1000@example.org"},
		"acl":      {switchsim.Config{Rude: true}, Node{Password: "ClueCon"}, "apply-inbound-acl"},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, _ := simulated(t, c.cfg, c.node)
			<-w.pausing
			w.log.wait(1, c.log)
			var down *DownError
			if _, err := w.link.API(t.Context(), "status"); !errors.As(err, &down) {
				t.Error(err)
			}
		})
	}
}
