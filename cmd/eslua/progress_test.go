package main

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
)

// TestWatchdog: an eslua that does well beats, and nobody else sees how that is
// found out.
func TestWatchdog(t *testing.T) {
	site := newSite(t, freeAddress(t))
	site.build()
	site.write("eslua.yaml", "log: {level: debug}\n")
	run := site.start(site.serve("--listen", site.listen, "--config", site.dir+"/eslua.yaml"), "WATCHDOG_USEC=2000000")
	run.told(t, "WATCHDOG=1")
	run.told(t, "WATCHDOG=1")
	site.rejected(site.call("short"))
	run.end(t)
	run.ended(t)
	if log := run.log.String(); strings.Count(log, "call begins") != 1 || strings.Contains(log, "connection closed") {
		t.Errorf("the log of one call and two beats:\n%s", log)
	}
}

// TestProgress: there is some as long as the port is accepted from, and when it
// need not be.
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
	if err := s.progress(t.Context()); err != nil {
		t.Error(err)
	}
	_ = s.listener.Close()
	for nc := range accepting {
		t.Errorf("a probe counts as a call: %s", nc.RemoteAddr())
	}
	if err := s.progress(t.Context()); err == nil {
		t.Error("a port that is closed is progress")
	}
	s.draining.Store(true)
	if err := s.progress(t.Context()); err != nil {
		t.Errorf("while no calls are taken: %v", err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := s.progress(gone); err == nil {
		t.Error("a script that did not run is progress")
	}
	s.app.close(t.Context())
}
