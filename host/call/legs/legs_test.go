package legs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A console calls the API of a switch without a connection.
type console struct{ sw *switchsim.Switch }

func (c console) API(_ context.Context, line string) (string, error)   { return c.sw.API(line), nil }
func (c console) BgAPI(_ context.Context, line string) (string, error) { return c.sw.API(line), nil }

// serveLegs starts, in a bubble, a switch, and a Server that delivers all of its calls as legs.
func serveLegs(t *testing.T, endpoints ...switchsim.Endpoint) (*Registry, *switchsim.Switch, string) {
	t.Helper()
	n := memnet.New()
	l := n.Listen()
	sw := switchsim.New(switchsim.Config{Listener: n.Listen(), Dial: n.Dial, Endpoints: endpoints, Heartbeat: -1})
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	r := New(clock.System())
	serve := func(ctx context.Context, c *outbound.Call) {
		if !r.Deliver(ctx, c) {
			t.Errorf("a call was not delivered: %s", c.Path())
		}
	}
	server := outbound.New(outbound.Config{Linger: time.Second}, serve, slog.New(slog.DiscardHandler), clock.System())
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { served <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		_ = sw.Close()
		cancel()
		<-served
	})
	return r, sw, l.Addr().String()
}

// The other half of a loopback, which gets the dial string's variables too, is nobody's leg.
func TestOnlyTheLegIsBoundToWhoDialsIt(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		r, sw, addr := serveLegs(t)
		leg, err := r.Dial(t.Context(), console{sw}, Request{Listener: addr, Dial: "loopback/m:^:answer^park/default/inline", Timeout: 5 * time.Second,
			Variables: []syntax.Var{{Name: "signal_bond", Value: "the-caller"}}})
		if err != nil {
			t.Fatal(err)
		}
		other, ok := sw.Leg(leg.Snapshot().Get("variable_other_loopback_leg_uuid"))
		if !ok {
			t.Fatal("the leg is no loopback")
		}
		if near, far := leg.Snapshot().Get("variable_signal_bond"), other.Variable("signal_bond"); near != "the-caller" || far != "" {
			t.Errorf("the leg is bound to %q, its other half to %q", near, far)
		}
		leg.Release()
	})
}

func TestDial(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		r, sw, addr := serveLegs(t, switchsim.Endpoint{Dial: "user/1", Ring: 10 * time.Millisecond})
		leg, err := r.Dial(t.Context(), console{sw}, Request{Listener: addr, Dial: "user/1", Timeout: 5 * time.Second,
			Variables: []syntax.Var{{Name: "origination_caller_id_name", Value: "Pat {Smith}"}}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := leg.API(t.Context(), "uuid_getvar "+leg.UUID()+" origination_caller_id_name")
		if err != nil || out != "Pat {Smith}" {
			t.Errorf("the caller's name arrived as %q, %v", out, err)
		}
		if _, err := leg.Execute(t.Context(), "playback", "silence_stream://10"); err != nil {
			t.Error(err)
		}
		if err := leg.Hangup(t.Context(), ""); err != nil {
			t.Error(err)
		}
		leg.Release()
	})
}

func TestDialFails(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		r, sw, addr := serveLegs(t, switchsim.Endpoint{Dial: "user/2", Cause: "USER_BUSY"})
		for dial, want := range map[string]string{"user/2": "USER_BUSY", "user/99": "SUBSCRIBER_ABSENT", "rubbish": "CHAN_NOT_IMPLEMENTED"} {
			_, err := r.Dial(t.Context(), console{sw}, Request{Listener: addr, Dial: dial, Timeout: time.Second})
			var failed *FailedError
			if !errors.As(err, &failed) || failed.Cause != want {
				t.Errorf("%s: %v", dial, err)
			}
		}
		if n := r.Pending(); n != 0 {
			t.Errorf("%d legs are pending", n)
		}
	})
}

func TestDialIsGivenUp(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		r, sw, addr := serveLegs(t, switchsim.Endpoint{Dial: "user/3", Silent: true})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := r.Dial(ctx, slow{console{sw}}, Request{Listener: addr, Dial: "user/3", Timeout: time.Minute})
			done <- err
		}()
		rings, err := sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return strings.Contains(e.Channel, "/3") })
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("gave up with %v", err)
		}
		leg, _ := sw.Leg(rings.UUID)
		<-leg.Done()
		if leg.Cause() != "ORIGINATOR_CANCEL" {
			t.Errorf("the leg ended with %s", leg.Cause())
		}
	})
}

// slow abandons a background job when its ctx ends, as a connection does.
type slow struct{ console }

func (s slow) BgAPI(ctx context.Context, line string) (string, error) {
	out := make(chan string, 1)
	go func() { out <- s.sw.API(line) }()
	select {
	case o := <-out:
		return o, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// A socket application that reaches nobody ends the leg, as a called party does that
// hangs up at once.
func TestLegThatIsGoneBeforeItArrives(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		r, sw, _ := serveLegs(t, switchsim.Endpoint{Dial: "user/5"})
		const nobody = "127.0.0.1:9"
		_, err := r.Dial(t.Context(), console{sw}, Request{Listener: nobody, Dial: "user/5", Timeout: time.Second})
		var failed *FailedError
		if !errors.As(err, &failed) || failed.Cause != "NORMAL_CLEARING" || !strings.Contains(err.Error(), "cannot reach "+nobody) {
			t.Errorf("%v", err)
		}
	})
}

func TestLegNobodyWaitsForIsHungUp(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		_, sw, addr := serveLegs(t, switchsim.Endpoint{Dial: "user/4"})
		id, err := sw.Originate("user/4 '&socket(" + addr + "/" + pathPrefix + "0000 async full)'")
		if err != nil {
			t.Fatal(err)
		}
		leg, _ := sw.Leg(id)
		<-leg.Done()
		if leg.Cause() != "ORIGINATOR_CANCEL" {
			t.Errorf("the leg ended with %s", leg.Cause())
		}
	})
}

func TestRequestLine(t *testing.T) {
	const own = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	for _, c := range []struct {
		request  Request
		id, want string
	}{
		{Request{Listener: "h:1", Dial: "user/1", Timeout: 90 * time.Second}, own,
			"originate {origination_uuid=" + own + ",originate_timeout=90}user/1 '&socket(h:1/eslua-leg/tok async full)'"},
		{Request{Listener: "h:1", Dial: "{a=b,originate_timeout=5}user/1", Timeout: time.Minute}, "",
			"originate {a=b,originate_timeout=5}user/1 '&socket(h:1/eslua-leg/tok async full)'"},
		{Request{Listener: "h:1", Dial: "{a=b}user/1", Timeout: 0}, "",
			"originate {originate_timeout=1,a=b}user/1 '&socket(h:1/eslua-leg/tok async full)'"},
		{Request{Listener: "h:1", Dial: "{^^:a=b}user/1", Timeout: time.Second}, "",
			"originate {originate_timeout=1}{^^:a=b}user/1 '&socket(h:1/eslua-leg/tok async full)'"},
		{Request{Listener: "h:1", Dial: "{n='A B'}user/1", Timeout: time.Second, Variables: []syntax.Var{{Name: "x"}, {Name: "n", Value: "no"}}}, "",
			`originate '{originate_timeout=1,n=\'A B\'}user/1' '&socket(h:1/eslua-leg/tok async full)'`},
	} {
		if got := c.request.line("tok", c.id); got != c.want {
			t.Errorf("wrote %s\nwant  %s", got, c.want)
		}
	}
}

func TestOwnUUID(t *testing.T) {
	const id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	for dial, want := range map[string]string{
		"{origination_uuid=" + id + ",a=b}user/1":          id,
		"{origination_uuid='" + id + "'}user/1":            id,
		"{origination_uuid=x}user/1":                       "",
		"[origination_uuid=" + id + "]user/1":              id,
		"{a='b,origination_uuid=" + id + "'}user/1,user/2": "",
		"{a=origination_uuid\\=" + id + "}user/1,user/2":   "",
		"{a=b":            "",
		"user/1,user/2":   "",
		"user/1|user/2":   "",
		"user/1:_:user/2": "",
	} {
		if got := (Request{Dial: dial}).ownUUID(); got != want {
			t.Errorf("%s: %q", dial, got)
		}
	}
	for _, dial := range []string{"{a=b,c=d}[e=f]user/1", `[a=b\,c]user/1\|2`} {
		if (Request{Dial: dial}).ownUUID() == "" {
			t.Errorf("%s: one endpoint gets no id of ours", dial)
		}
	}
}
