package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/systemd"
)

// TestWatchdog: an eslua that makes progress beats, and its checks do not show up in
// the log.
func TestWatchdog(t *testing.T) {
	site := newSite(t, freeAddress(t))
	log, clk := make(chan string, 1000), clock.NewManual(time.Now())
	s := site.service(t, clk, log)
	s.level.Set(slog.LevelDebug)
	manager, socket := site.systemd()
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "2000000"}
	s.systemd = systemd.NewNotifier(systemd.Environment{Get: func(name string) string { return env[name] }, Unset: func(string) error { return nil }}, s.log)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, nil) }()
	manager.told(t, "WATCHDOG=1")
	clk.Advance(time.Second)
	manager.told(t, "WATCHDOG=1")
	call := site.call("short")
	clk.WaitForTimer(20 * time.Millisecond)
	clk.Advance(20 * time.Millisecond)
	site.rejected(call)
	begun := 0
	for range len(log) {
		line := <-log
		if strings.Contains(line, "call begins") {
			begun++
		}
		if strings.Contains(line, "connection closed") || strings.Contains(line, "level=ERROR") {
			t.Errorf("logged %s", line)
		}
	}
	if begun != 1 {
		t.Errorf("logged the beginning of %d calls", begun)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestProgress: eslua makes progress while it accepts connections, and while it
// drains and need not.
func TestProgress(t *testing.T) {
	log := make(chan string, 1000)
	s := newSite(t, freeAddress(t)).service(t, clock.System(), log)
	accepting := make(chan net.Conn)
	go func() {
		defer close(accepting)
		for {
			nc, err := s.listener.Accept()
			if err != nil {
				return
			}
			accepting <- nc
		}
	}()
	if err := s.Works(t.Context()); err != nil {
		t.Error(err)
	}
	_ = s.listener.Close()
	for nc := range accepting {
		t.Errorf("a probe counts as a call: %s", nc.RemoteAddr())
	}
	if err := s.Works(t.Context()); err == nil {
		t.Error("a port that is closed is progress")
	}
	s.draining.Store(true)
	if err := s.Works(t.Context()); err != nil {
		t.Errorf("while no calls are taken: %v", err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Works(gone); err == nil {
		t.Error("a script that did not run is progress")
	}
	s.app.close(t.Context())
}
