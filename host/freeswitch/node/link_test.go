package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

func TestConnectsSubscribesAndSaysSo(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	w.up(1, core)
	s := w.link.Status()
	if !w.link.Up() || !s.Up || s.Connects != 1 || s.Restarts != 0 || s.CoreUUID != core || s.Address != "192.0.2.1:8021" || s.Node != "fs1" {
		t.Errorf("%+v", s)
	}
}

func TestUserAuthentication(t *testing.T) {
	w := newWorld(t, Node{User: "1000@example.org", Password: "secret"}, Options{})
	p := <-w.dialled
	defer p.hangUp()
	p.send("Content-Type: auth/request\n\n")
	p.expect("userauth 1000@example.org:secret")
	p.send(reply("-ERR invalid"))
	<-w.pausing
	var refused *PasswordError
	if _, err := w.link.API(t.Context(), "status"); !errors.As(err, &refused) || !strings.Contains(err.Error(), "esl-password") {
		t.Error(err)
	}
}

// The words of a FreeSWITCH that was given a wrong password.
func TestAWrongPassword(t *testing.T) {
	w := newWorld(t, Node{Password: "wrong"}, Options{})
	p := <-w.dialled
	defer p.hangUp()
	for i, c := range capture(t, "inbound-auth-fail") {
		switch {
		case i == 1 || i == 2: // the client of the capture tried api first
		case c.From == "app":
			p.expect(strings.TrimSpace(c.Data))
		default:
			go p.nc.Write([]byte(c.Data))
		}
	}
	<-w.pausing
	w.log.wait(1, "FreeSWITCH refuses the password (-ERR invalid): it must be the param password of event_socket.conf.xml")
	var down *DownError
	var refused *PasswordError
	if _, err := w.link.BgAPI(t.Context(), "status"); !errors.As(err, &down) || !errors.As(err, &refused) {
		t.Error(err)
	}
}

func TestAnACLRejection(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := <-w.dialled
	defer p.hangUp()
	go p.nc.Write([]byte("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n\n" + notice("bye")))
	<-w.pausing
	p.expectEnd()
	w.log.wait(1, "apply-inbound-acl of event_socket.conf.xml")
	var rejected *RejectedError
	if _, err := w.link.API(t.Context(), "status"); !errors.As(err, &rejected) || !strings.Contains(err.Error(), "Access Denied, go away.") {
		t.Error(err)
	}
}

func TestAnotherServiceAtTheAddress(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	for _, c := range []struct{ says, log string }{
		{"SSH-2.0-OpenSSH_9.9\r\n", "another service than FreeSWITCH's event socket listens at this address"},
		{event("Event-Name: SURPRISE"), "expected FreeSWITCH's auth/request, got text/event-plain"},
		{"", "is another service listening at this address?"},
	} {
		p := <-w.dialled
		if c.says == "" {
			w.clk.Advance(greetingTimeout)
		} else {
			p.send(c.says)
		}
		w.log.wait(1, c.log)
		p.hangUp()
		w.nextAttempt()
	}
}

func TestFreeSWITCHIsNotThere(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	close(w.absent)
	var down *DownError
	var pauses []time.Duration
	for w.clk.Now().Before(time.Unix(200, 0)) {
		before := w.clk.Now()
		w.nextAttempt()
		pauses = append(pauses, w.clk.Now().Sub(before))
	}
	<-w.pausing
	want := []time.Duration{1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30}
	for i := range want {
		want[i] *= time.Second
	}
	if !slices.Equal(pauses, want) {
		t.Errorf("pauses %v, want %v", pauses, want)
	}
	if _, err := w.link.API(t.Context(), "status"); !errors.As(err, &down) || err.Error() != "node fs1 (192.0.2.1:8021) is not connected: connection refused" {
		t.Error(err)
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	// At 0 s, and then at the first attempt that is a minute later: 61, 121, 181 s.
	if n := w.log.count("FreeSWITCH is not connected; trying again"); n != 4 {
		t.Errorf("said %d times:\n%s", n, w.log.text.String())
	}
}

func TestPausesAreSpread(t *testing.T) {
	r := backoff{rand: func() float64 { return 0.5 }}
	if got := []time.Duration{r.pause(), r.pause(), r.pause()}; !slices.Equal(got, []time.Duration{750 * time.Millisecond, 1500 * time.Millisecond, 3 * time.Second}) {
		t.Error(got)
	}
	r.lasted(time.Second)
	if got := r.pause(); got != 6*time.Second {
		t.Error("a short connection starts over", got)
	}
	r.lasted(time.Minute)
	if got := r.pause(); got != 750*time.Millisecond {
		t.Error("a long connection does not start over", got)
	}
}

func TestAConnectionThatLastedStartsOver(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	for i, c := range []struct{ stood, pause time.Duration }{{0, 1}, {0, 2}, {longestPause, 1}, {0, 2}} {
		p := w.up(i+1, core)
		w.clk.Advance(c.stood)
		p.hangUp()
		before := w.clk.Now()
		w.nextAttempt()
		if got := w.clk.Now().Sub(before); got != c.pause*time.Second {
			t.Errorf("pause %d is %v, want %v s", i, got, int(c.pause))
		}
	}
}

func TestUpOnlyWhenSubscribed(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := <-w.dialled
	defer p.hangUp()
	p.greet()
	p.expect("event plain HEARTBEAT")
	p.expect("event plain BACKGROUND_JOB")
	p.expect("api global_getvar core_uuid")
	for _, id := range []string{core, otherCore, core} {
		w.beat(p, id, 20)
		if w.link.Up() {
			t.Error("up before the subscriptions are answered")
		}
	}
	p.send(reply("+OK"), reply("+OK"), apiResponse(core))
	w.log.wait(1, "connected to FreeSWITCH")
}

func TestLostEventsStayCounted(t *testing.T) {
	w := newWorld(t, Node{}, Options{Wire: esl.Options{QueueLen: 1}})
	p := w.up(1, core)
	go func() {
		p.expect("api status")
		p.send(strings.Repeat(event("Event-Name: CHANNEL_STATE"), 100), apiResponse("UP"))
	}()
	if _, err := w.link.API(t.Context(), "status"); err != nil {
		t.Fatal(err)
	}
	lost := w.link.Status().EventsLost
	p.hangUp()
	<-w.pausing
	if after := w.link.Status().EventsLost; lost == 0 || after != lost {
		t.Errorf("%d lost, after the end %d", lost, after)
	}
}

func TestComesBackAndSubscribesAgain(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	p.send(notice("The system is being shut down.\n"))
	p.hangUp()
	w.log.wait(1, `The system is being shut down.`)
	if w.link.Up() {
		t.Error("up without a connection")
	}
	w.nextAttempt()
	w.up(2, otherCore)
	w.log.wait(1, "FreeSWITCH was restarted")
	if s := w.link.Status(); s.Connects != 2 || s.Restarts != 1 || s.CoreUUID != otherCore || !strings.Contains(s.LastError, "shut down") {
		t.Errorf("%+v", s)
	}
}

func TestTheSameFreeSWITCHIsNoRestart(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	w.up(1, core).hangUp()
	w.nextAttempt()
	// This user may not ask for the Core-UUID: it comes with the heartbeat.
	p := w.up(2, "-ERR permission denied")
	for i, id := range []string{core, otherCore} {
		w.beat(p, id, 20)
		if s := w.link.Status(); s.Restarts != i || s.CoreUUID != id {
			t.Errorf("%+v", s)
		}
	}
}

func TestSettingsThatCanNeverWork(t *testing.T) {
	for _, c := range []struct {
		node Node
		want string
	}{
		{Node{Name: "a", Password: "x\ny"}, "password"},
		{Node{Name: "b", User: "1000", Password: "x"}, "user@domain"},
	} {
		err := New(c.node, slog.New(slog.DiscardHandler), clock.System(), Options{}).Run(context.Background())
		if err == nil || !strings.HasPrefix(err.Error(), "node "+c.node.Name) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.node, err)
		}
	}
}

func TestBeforeTheFirstConnection(t *testing.T) {
	l := New(Node{Name: "fs1", Address: "[2001:db8::1]:8022", Password: "x"}, slog.New(slog.DiscardHandler), clock.System(), Options{})
	if err := l.SendEvent(t.Context(), "CUSTOM", nil, ""); err == nil || err.Error() != "node fs1 ([2001:db8::1]:8022) is not connected yet" {
		t.Error(err)
	}
}

func TestADisconnectEndsWhoWaits(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	errs := make(chan error)
	go func() { _, err := w.link.API(context.Background(), "status"); errs <- err }()
	p.expect("api status")
	go func() { _, err := w.link.BgAPI(context.Background(), "originate x"); errs <- err }()
	if got, err := p.command(); err != nil || !strings.HasPrefix(got, "bgapi originate x\nJob-UUID: ") {
		t.Errorf("%q %v", got, err)
	}
	p.hangUp()
	for range 2 {
		var d *esl.DisconnectError
		if err := <-errs; !errors.As(err, &d) {
			t.Error(err)
		}
	}
}

// TestALongNotice: what a peer says is not kept and shown in full.
func TestALongNotice(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	p.send(notice(strings.Repeat("x", 500_000)))
	p.hangUp()
	<-w.pausing
	if s := w.link.Status(); len(s.LastError) > 600 || !strings.Contains(s.LastError, "xxx...") {
		t.Errorf("the status has %d bytes", len(s.LastError))
	}
}
