package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/call/listener"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/systemd"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

// serving starts eslua serve inside the test, with the site's scripts and a
// configuration file, and returns when it takes calls and its admin socket answers.
func (s *site) serving(yaml string) *server {
	s.t.Helper()
	s.write("eslua.yaml", yaml)
	args := []string{"--config", filepath.Join(s.dir, "eslua.yaml"), "--listen", s.listen, "--scripts", filepath.Join(s.dir, "scripts")}
	if s.network != nil {
		run := startServeOn(s.t, s.network, args...)
		time.Sleep(time.Second)
		synctest.Wait()
		return run
	}
	systemd, name := s.systemd()
	run := startServer(s.t, testproc.Context(s.t), &program{clock: unhurried.Clock(), getenv: func(variable string) string {
		return map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"}[variable]
	}}, args...)
	systemd.told(s.t, "READY=1")
	return run
}

// siteInBubble makes a site in the test's bubble.
func siteInBubble(t *testing.T) *site {
	t.Helper()
	return newSiteOn(t, memnet.New(), "127.0.0.1:8084")
}

func TestDrainLetsCallsEnd(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("drain: 10m")
		staying := site.call("long")
		run.signals <- syscall.SIGTERM
		if line := run.next(t, "taking no new calls"); !strings.Contains(line, "calls=1") {
			t.Errorf("the log does not say how many calls are left: %s", line)
		}
		site.ends(site.call("short"), "NORMAL_TEMPORARY_FAILURE") // the dialplan's next action
		staying.Press("1")
		site.rejected(staying)
		run.next(t, "the last call has ended")
		run.endsItself(t)
	})
}

// TestDrainingCallsDial: the legs of draining calls come to a listener of their own.
func TestDrainingCallsDial(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		site.write("scripts/call.lua", `
session:answer()
session:read(1, 1, "stay.wav", 600000, "#")
local leg = freeswitch.Session("user/1001")
if leg:ready() then
  leg:hangup("USER_BUSY")
  session:hangup("CALL_REJECTED")
end`)
		site.sim.SetEndpoint(switchsim.Endpoint{Dial: "user/1001"})
		run := site.serving("drain: 10m")
		staying := site.call("long")
		run.signals <- syscall.SIGTERM
		run.next(t, "taking no new calls")
		staying.Press("1")
		site.rejected(staying)
		run.endsItself(t)
	})
}

// TestWhatIsOnItsWayIsAnswered: a connection is answered or refused, never reset,
// even if draining gives calls no time.
func TestWhatIsOnItsWayIsAnswered(t *testing.T) {
	t.Parallel()
	site := newSite(t, freeAddress(t))
	run := site.serving("drain: 0s")
	var done sync.WaitGroup
	answered := make(chan struct{}, 1)
	for range upgradeKnocks {
		done.Go(func() {
			err := knock(site.listen)
			for ; err == nil; err = knock(site.listen) {
				select {
				case answered <- struct{}{}:
				default:
				}
			}
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		})
	}
	for range 100 {
		<-answered
	}
	run.signals <- syscall.SIGTERM
	done.Wait()
	run.endsItself(t)
}

func TestDrainHasALimit(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("drain: 1ms")
		staying := site.call("long")
		run.signals <- syscall.SIGINT
		if line := run.next(t, "ending the remaining calls"); !strings.Contains(line, "calls=1") || !strings.Contains(line, "drain time is over") {
			t.Errorf("the log does not say which calls end, and why: %s", line)
		}
		site.ends(staying, "NORMAL_TEMPORARY_FAILURE")
		run.endsItself(t)
	})
}

func TestASecondSignalEndsTheCalls(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("drain: 10m")
		staying := site.call("long")
		run.signals <- syscall.SIGTERM
		run.next(t, "taking no new calls")
		run.signals <- syscall.SIGTERM
		run.next(t, "a second signal came")
		site.ends(staying, "NORMAL_TEMPORARY_FAILURE")
		run.endsItself(t)
	})
}

func TestTheAdminDrains(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("drain: 10m")
		staying := site.call("long")
		admin := run.admin()
		for range 2 { // the second request changes nothing
			if _, err := admin.Drain(t.Context(), false); err != nil {
				t.Error(err)
			}
		}
		run.next(t, "taking no new calls")
		if st, err := admin.Status(t.Context(), false); err != nil || st.Draining == nil || !st.Draining.Until.After(st.Now) {
			t.Errorf("while it drains the status is %+v, %v", st.Draining, err)
		}
		staying.Press("1")
		site.rejected(staying)
		run.endsItself(t)
	})
}

// TestDrainTellsHowManyAreLeft: the log has it every half a minute.
func TestDrainTellsHowManyAreLeft(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := siteInBubble(t)
		run := site.serving("drain: 10m")
		staying := site.call("long")
		run.signals <- syscall.SIGTERM
		run.next(t, "taking no new calls")
		began := time.Now()
		for n := range 2 {
			if line := run.next(t, "waiting for the remaining calls"); !strings.Contains(line, "calls=1") || time.Since(began) != time.Duration(n+1)*reportPeriod {
				t.Errorf("after %v the log says %s", time.Since(began), line)
			}
		}
		staying.Press("1")
		site.rejected(staying)
		run.endsItself(t)
	})
}

// service returns a service on the given clock.
func (s *site) service(t *testing.T, clk clock.Clock, log chan string) *service {
	t.Helper()
	cfg := config.Default()
	cfg.Scripts = filepath.Join(s.dir, "scripts")
	v := newService(&program{stderr: logTo(log), clock: clk}, overrides{}, cfg)
	v.systemd = systemd.NewNotifier(systemd.Environment{Get: func(string) string { return "" }}, v.log)
	var err error
	if v.app, err = build(context.Background(), cfg, v.log, clk, seams{}); err != nil {
		t.Fatal(err)
	}
	if v.listener, err = listener.Listen(s.listen, clk); err != nil {
		t.Fatal(err)
	}
	v.admin = v.newAdmin(filepath.Join(s.dir, "eslua.sock"), "")
	return v
}

// logTo sends a log line by line.
type logTo chan string

func (l logTo) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}
