package outbound_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	sim "github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// between runs flow for the calls that a simulated switch hands over from its
// extension 1000 ("socket <host>/flow/a <keywords>", then a mark), in a bubble.
func between(t *testing.T, cfg outbound.Config, keywords string, flow func(context.Context, *outbound.Call)) *stage {
	t.Helper()
	n := memnet.New()
	l := n.Listen()
	socket := l.Addr().String() + "/flow/a " + keywords
	sw := sim.New(sim.Config{
		Listener: n.Listen(), Dial: n.Dial,
		DefaultMedia: 60 * time.Millisecond, Heartbeat: -1,
		Dialplan: sim.Dialplan{"default": {
			{Match: "1000", Actions: []sim.Action{{App: "socket", Data: socket}, {App: "set", Data: "went_on=yes"}, {App: "playback", Data: "after.wav"}}},
			{Match: "7001", Actions: []sim.Action{{App: "answer"}, {App: "playback", Data: "room.wav"}}},
		}},
		Endpoints: []sim.Endpoint{{Dial: "user/1000"}},
		Globals:   map[string]string{"host": socket},
	})
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	st := &stage{Switch: sw, t: t, log: &testproc.Log{}, flowed: make(chan struct{}, 10)}
	s := outbound.New(cfg, func(ctx context.Context, c *outbound.Call) {
		defer func() { st.flowed <- struct{}{} }()
		flow(ctx, c)
	}, slog.New(slog.NewTextHandler(st.log, nil)), clock.System())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := sw.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// A stage is a simulated switch and the Server of its calls.
type stage struct {
	*sim.Switch
	t      *testing.T
	log    *testproc.Log
	flowed chan struct{} // a flow has ended
}

// over waits for the end of a call and returns its record.
func (s *stage) over(c *sim.Call) sim.Record {
	s.t.Helper()
	<-c.Done()
	r, ok := s.Record(c.UUID())
	if !ok {
		s.t.Fatal("the switch knows nothing of the call")
	}
	return r
}

// served waits for the end of a call and of its flow.
func (s *stage) served(c *sim.Call) sim.Record {
	s.t.Helper()
	<-s.flowed
	return s.over(c)
}

func TestSimulatedCall(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		var path, digits string
		var errs []error
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			path = c.Path()
			_, err1 := c.Execute(ctx, "answer", "")
			_, err2 := c.Execute(ctx, "playback", "menu.wav")
			for range 3 {
				d, _, err := c.WaitDigit(ctx, 10*time.Second)
				digits += string(d.Key)
				errs = append(errs, err)
			}
			out, err3 := c.BgAPI(ctx, "status")
			if out == "" {
				err3 = errors.Join(err3, errors.New("bgapi brought nothing"))
			}
			errs = append(errs, err1, err2, err3)
		})
		c := sw.Call(sim.Caller{Number: "4711", Destination: "1000", Script: []sim.Step{sim.OnPlayback("menu").Press("12#")}})
		r := sw.served(c)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err, sw.log)
		}
		if path != "flow/a" || digits != "12#" {
			t.Errorf("path %q, digits %q", path, digits)
		}
		if want := []string{"menu.wav", "after.wav"}; !slices.Equal(r.Played, want) || c.Variable("went_on") != "yes" {
			t.Errorf("played %q, want %q: the dialplan continues after the flow", r.Played, want)
		}
	})
}

func TestSimulatedFlowThatReturnsAtOnce(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		sw := between(t, outbound.Config{}, "async full", func(context.Context, *outbound.Call) {})
		r := sw.served(sw.Call(sim.Caller{Destination: "1000"}))
		if !slices.Equal(r.Played, []string{"after.wav"}) {
			t.Fatalf("played %q", r.Played)
		}
	})
}

func TestSimulatedCallWithoutControl(t *testing.T) {
	for _, keywords := range []string{"", "full", "async"} {
		t.Run(keywords, func(t *testing.T) {
			testproc.Bubble(t, func(t *testing.T) {
				sw := between(t, outbound.Config{}, keywords, func(context.Context, *outbound.Call) { t.Error("it was served") })
				r := sw.over(sw.Call(sim.Caller{Destination: "1000"}))
				if !slices.Equal(r.Played, []string{"after.wav"}) {
					t.Errorf("played %q", r.Played)
				}
				if !strings.Contains(sw.log.String(), "/flow/a async full") {
					t.Errorf("the log shows no line to write:\n%s", sw.log)
				}
			})
		})
	}
}

func TestSimulatedExcess(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		begun := make(chan struct{}, 1)
		sw := between(t, outbound.Config{MaxCalls: 1}, "async full", func(ctx context.Context, c *outbound.Call) {
			begun <- struct{}{}
			_ = c.Sleep(ctx, time.Hour)
		})
		first := sw.Call(sim.Caller{Destination: "1000"})
		<-begun
		r := sw.over(sw.Call(sim.Caller{Destination: "1000"}))
		if !slices.Equal(r.Played, []string{"after.wav"}) {
			t.Errorf("a call too many played %q", r.Played)
		}
		first.Hangup("")
		sw.served(first)
		if !strings.Contains(sw.log.String(), "too many calls") {
			t.Errorf("the log does not say so:\n%s", sw.log)
		}
	})
}

func TestSimulatedTransferIsLeftAlone(t *testing.T) {
	for name, move := range map[string]func(context.Context, *outbound.Call) error{
		"application": func(ctx context.Context, c *outbound.Call) error {
			return c.TransferAtEnd("7001 XML default")
		},
		"api": func(ctx context.Context, c *outbound.Call) error {
			_, err := c.API(ctx, "uuid_transfer "+c.UUID()+" 7001 XML default")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			testproc.Bubble(t, func(t *testing.T) {
				var err error
				sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) { err = move(ctx, c) })
				r := sw.served(sw.Call(sim.Caller{Destination: "1000"}))
				if err != nil || !slices.Equal(r.Played, []string{"room.wav"}) {
					t.Fatalf("played %q, %v", r.Played, err)
				}
				if slices.ContainsFunc(r.Entries, func(e sim.Entry) bool { return strings.Contains(e.What, "resume") }) {
					t.Fatal("the call was resumed")
				}
			})
		})
	}
}

func TestSimulatedEnds(t *testing.T) {
	for _, x := range []struct {
		name, app string
		script    []sim.Step
		cause     string
	}{
		{"an unknown application", "nosuchapp", nil, "DESTINATION_OUT_OF_ORDER"},
		{"the caller", "playback", []sim.Step{sim.OnPlayback("x").Hangup("USER_BUSY")}, "USER_BUSY"},
		{"the flow's own application", "hangup", nil, "NORMAL_CLEARING"},
	} {
		t.Run(x.name, func(t *testing.T) {
			testproc.Bubble(t, func(t *testing.T) {
				var err error
				var last string
				sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
					_, _ = c.Execute(ctx, "answer", "")
					_, err = c.Execute(ctx, x.app, map[string]string{"playback": "x.wav"}[x.app])
					_, _ = c.WaitEvent(ctx, -1, func(esl.Event) bool { return false })
					last = c.Snapshot().Name()
				})
				r := sw.served(sw.Call(sim.Caller{Destination: "1000", Script: x.script}))
				if r.Cause != x.cause || last != "CHANNEL_HANGUP_COMPLETE" {
					t.Errorf("the call ended with %s, its last event was %s", r.Cause, last)
				}
				hungUp(t, err, x.cause)
				if unknown := new(*outbound.UnknownApplicationError); errors.As(err, unknown) != (x.app == "nosuchapp") {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}

func TestSimulatedHangup(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			if err := c.Hangup(ctx, "CALL_REJECTED"); err != nil {
				t.Error(err)
			}
		})
		if r := sw.served(sw.Call(sim.Caller{Destination: "1000"})); r.Cause != "CALL_REJECTED" {
			t.Fatalf("cause %s", r.Cause)
		}
	})
}

func TestSimulatedCutInAnApplication(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		failed := make(chan error, 1)
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			_, err := c.Execute(ctx, "playback", "x.wav")
			failed <- err
		})
		sw.SetFault(sim.Fault{CutInApp: "playback"})
		c := sw.Call(sim.Caller{Destination: "1000"})
		var end *esl.DisconnectError
		if err := <-failed; !errors.As(err, &end) {
			t.Fatalf("the error is %v", err)
		}
		c.Hangup("")
		sw.served(c)
	})
}

// A call that execute_on_answer hands over must not lose its first prompt.
func TestSimulatedExecuteOnAnswer(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		heard := make(chan string, 1)
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			ev, err := c.Execute(ctx, "playback", "menu.wav")
			heard <- ev.Get("Application-Response") + errorText(err)
		})
		uuid, err := sw.Originate("{execute_on_answer='socket " + sw.API("global_getvar host") + "'}user/1000 &park()")
		if err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != "FILE PLAYED" {
			t.Errorf("the prompt: %s", got)
		}
		if leg, ok := sw.Leg(uuid); ok {
			leg.Hangup("")
			sw.served(leg)
		}
	})
}
