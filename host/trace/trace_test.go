package trace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
	lua "github.com/yuin/gopher-lua"
)

// A phone is the object of the scripts here.
type phone struct {
	state  *vm.State
	digits string
	during func() // what happens while callback runs
}

func (*phone) Holds(func(lua.LValue)) int { return 0 }

func phones() *vm.Module {
	text := func(name string, optional bool) vm.Param {
		return vm.Param{Name: name, Kind: vm.Any, Optional: optional}
	}
	of := func(a *vm.Args) *phone { return a.Self().(*phone) }
	return &vm.Module{Name: "phones", Funcs: []vm.Func{
		{Name: "tell", Params: []vm.Param{text("phones", false), text("command", false), text("rest", true)}, Go: func(*vm.Args) error { return nil }},
	}, Classes: []*vm.Class{{
		Name: "Phone", Value: (*phone)(nil),
		Methods: []vm.Func{
			{Name: "say", Params: []vm.Param{text("what", false), text("more", true)}, Go: func(a *vm.Args) error { a.Return(a.Value(0)); return nil }},
			{Name: "login", Params: []vm.Param{text("user", false), text("password", false)}, Go: func(*vm.Args) error { return nil }},
			{Name: "getDigits", Results: []vm.Result{{Name: "digits", Kind: vm.String}}, Go: func(a *vm.Args) error { a.ReturnString(of(a).digits); return nil }},
			{Name: "callback", Params: []vm.Param{{Name: "fn", Kind: vm.Function}}, Go: func(a *vm.Args) error {
				if p := of(a); p.during != nil {
					p.during()
				}
				_, err := a.State().Call(a.Function(0))
				return err
			}},
			{Name: "fail", Go: func(*vm.Args) error { return errors.New("no such phone") }},
		},
	}}}
}

// A bench runs scripts whose calls are recorded.
type bench struct {
	testing.TB
	*trace.Recorder
	clock *clock.Manual
	phone phone
}

func newBench(t testing.TB, cfg config.Trace) *bench {
	clk := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return &bench{TB: t, Recorder: trace.New(cfg, clk), clock: clk}
}

// run runs a script for a call and returns its ladder's lines after the first.
func (b *bench) run(c *trace.Call, source string) {
	b.Helper()
	module := phones()
	m, err := vm.NewMachine(module)
	if err != nil {
		b.Fatal(err)
	}
	st := m.NewState(vm.StateOptions{Tracer: c, Clock: b.clock})
	defer st.Close()
	b.phone.state = st
	st.SetGlobal("phone", st.NewObject("Phone", &b.phone))
	script, err := vm.Compile("flow.lua", []byte(source))
	if err != nil {
		b.Fatal(err)
	}
	err = st.Run(context.Background(), script, nil)
	if err != nil {
		c.Failed()
	}
	c.ScriptEnded(err)
}

// lines returns what the ladder of the newest call says after its first rung.
func (b *bench) lines(q trace.Query) (lines []string) {
	b.Helper()
	l, err := b.Ladder(q)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range l.Steps[1:] {
		line := r.Who + " " + r.What
		if r.Line > 0 {
			line = fmt.Sprintf("%s:%d %s", r.File, r.Line, line)
		}
		lines = append(lines, line)
	}
	return lines
}

func event(name string, headers ...string) outbound.Sight {
	h := [][2]string{{"Event-Name", name}}
	for i := 0; i < len(headers); i += 2 {
		h = append(h, [2]string{headers[i], headers[i+1]})
	}
	e := esl.NewEvent(h, "")
	return outbound.Sight{Event: e, Name: name, Application: e.Application(), Cause: e.Get("Hangup-Cause")}
}

func TestALadderReadsAsTheScriptAndFreeSWITCHDid(t *testing.T) {
	b := newBench(t, shown(config.Default().Trace))
	c := b.Begin(trace.Arrival{UUID: "c0ffee", Flow: "flow", Generation: "g1", Args: []string{"7001"}})
	c.Watch(event("CHANNEL_ANSWER"))
	c.Watch(event("CHANNEL_EXECUTE", "Application", "playback", "Application-Data", "a b.wav"))
	c.Watch(event("DTMF", "DTMF-Digit", "5"))
	c.Watch(event("CHANNEL_STATE"))
	c.Watch(event("CHANNEL_EXECUTE", "Application", "read", "Application-Data", "1 127 silence eslua_held 10000 W"))
	c.Watch(event("CHANNEL_EXECUTE_COMPLETE", "Application", "playback", "Application-Response", "FILE NOT FOUND"))
	b.phone.digits = "12"
	b.run(c, `
		local t = {1, true, name = "x\n", ["a b"] = {}}
		t.itself = t
		phone:say(t, phone)
		phone:say(-1.5, print)
		phone:getDigits()
		phone:callback(function() phone:say("inside") end)
		pcall(function() phone:fail() end)
		phone:fail()`)
	c.Watch(event("CHANNEL_HANGUP", "Hangup-Cause", "USER_BUSY"))
	c.End()
	want := []string{
		"switch answered",
		"switch playback a b.wav",
		"caller presses 5",
		"switch playback ended: FILE NOT FOUND",
		`flow.lua:4 script phone:say({1, true, ["a b"] = {...}, itself = {...}, name = "x\n"}, phone) = {1, true, ["a b"] = {...}, itself = {...}, name = "x\n"}`,
		"flow.lua:5 script phone:say(-1.5, function) = -1.5",
		`flow.lua:6 script phone:getDigits() = "12"`,
		`flow.lua:7 script phone:say("inside") = "inside"`,
		"flow.lua:7 script phone:callback(function)",
		"flow.lua:8 script phone:fail() failed: no such phone",
		"flow.lua:9 script phone:fail() failed: no such phone",
		"eslua the script failed: flow.lua:9: no such phone",
		"switch hung up: USER_BUSY",
	}
	if got := b.lines(trace.Query{UUID: "C0FF"}); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s := b.Calls(trace.Query{Failed: true, Flow: "flow"})
	if len(s) != 1 || s[0].State != trace.HungUp || s[0].Cause != "USER_BUSY" || s[0].Error != "flow.lua:9: no such phone" || s[0].Until.IsZero() || s[0].Memory == 0 {
		t.Errorf("%+v", s)
	}
}

func shown(cfg config.Trace) config.Trace {
	cfg.Digits = "shown"
	return cfg
}

func TestACallThatRunsShowsWhereItWaits(t *testing.T) {
	b := newBench(t, config.Default().Trace)
	c := b.Begin(trace.Arrival{UUID: "a", Flow: "flow"})
	looks := 0
	b.phone.during = func() {
		looks++
		b.clock.Advance(time.Second)
		l, err := b.Ladder(trace.Query{Running: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Waits) != looks || l.Waits[looks-1].What != "phone:callback(function)" || l.Waits[looks-1].Line != looks || l.Waits[0].Ms != 0 {
			t.Errorf("%+v", l.Waits)
		}
	}
	b.run(c, "phone:callback(function()\nphone:callback(function() error('out') end) end)")
	c.End()
	if l, _ := b.Ladder(trace.Query{}); len(l.Waits) > 0 || l.Steps[1].Took != 1000 || l.Steps[2].Took != 2000 {
		t.Errorf("%+v", l)
	}
	if _, err := b.Ladder(trace.Query{Running: true}); !errors.As(err, new(*trace.NoCallError)) {
		t.Error(err)
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	cfg := config.Default().Trace
	cfg.Mask = []string{"X-Account*"}
	b := newBench(t, cfg)
	c := b.Begin(trace.Arrival{UUID: "a", Flow: "flow"})
	for _, digit := range "4711#" {
		c.Watch(event("DTMF", "DTMF-Digit", string(digit)))
	}
	c.Watch(event("CHANNEL_EXECUTE", "Application", "send_dtmf", "Application-Data", "888"))
	c.Watch(event("CHANNEL_EXECUTE", "Application", "set", "Application-Data", "caller_pin=hush hush"))
	b.phone.digits = "5550"
	b.run(c, `
		phone:say("4711 it is", 4711)
		phone:say("47 1", 12)
		phone:say("4 7 1 1 it is, or 4-7-1-1, but not 4, 8", 12)
		phone:say(("a"):rep(231) .. "://u:hush@host", "pin.lua:12: it failed")
		phone:getDigits()
		phone:say("code 5550!")
		phone:say("pin", "hush")
		phone:say("shipping", "shown")
		phone:login("me", "hush")
		phone:say({password = "hush", user = "me", ["x-account-id"] = 12})
		phone:say("{a=1,card_number=hush hush}user/1000", "pgsql://me:hush@db/x")
		phone:say("uuid_setvar", "c0ffee pin hush hush")
		phone:say("uuid_setvar c0ffee other shown")
		phones:tell("uuid_setvar", "c0ffee pin hush hush")
		phones:tell("pin", "hush")
		phones:tell{"a", pin = "hush"}
		phone:say("Authorization: Basic hush, Accept: x")
		phone:say("https://shown:80/x?api_key=hush&y=1")
		phone:say("variable_pin: hush\nDTMF-Digit: hush")
		error("no 4711")`)
	c.End()
	got := strings.Join(b.lines(trace.Query{}), "\n")
	for _, secret := range []string{"hush", "4711", "5550", "888", "711#"} {
		if strings.Contains(got, secret) {
			t.Errorf("it shows %q", secret)
		}
	}
	for _, part := range []string{"presses a key", `say("<masked>", 12)`, `say("<masked> it is, or <masked>, but not 4, 8", 12)`, `"pin.lua:12: it failed"`, `"shipping", "shown"`, `login("me", <masked>)`, `{["x-account-id"] = <masked>, password = <masked>, user = "me"}`,
		`"{a=1,card_number=<masked>}user/1000", "pgsql://me:<masked>@db/x"`, `https://shown:80/x?api_key=<masked>&y=1`, `other shown`, "Accept: x", `phones:tell("pin", <masked>)`, `phones:tell{"a", pin = <masked>}`, "the script failed: flow.lua:21: no <masked>"} {
		if !strings.Contains(got, part) {
			t.Errorf("it lacks %q", part)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if s := b.Calls(trace.Query{})[0]; strings.Contains(s.Error, "4711") {
		t.Error(s.Error)
	}
}

// Memory is bounded whatever calls do, and how a call began and ended is kept.
func TestMemoryIsBounded(t *testing.T) {
	cfg := config.Default().Trace
	cfg.Size = 1 << 20
	b := newBench(t, cfg)
	var running []*trace.Call
	long := event("CHANNEL_EXECUTE", "Application", "playback", "Application-Data", strings.Repeat("\x1b", 5000))
	for i := range 1000 {
		c := b.Begin(trace.Arrival{UUID: fmt.Sprint("call", i), Flow: strings.Repeat("f", 10000), Args: []string{strings.Repeat("x", 10000)}})
		running = append(running, c)
		for range 10 {
			c.Watch(long)
		}
		if held := b.Held(); held > 1<<20 {
			t.Fatalf("%d bytes are held", held)
		}
	}
	for i, c := range running {
		if i == 5 {
			c.Failed()
		}
		c.End()
		c.End() // twice, as nobody does
	}
	flood := b.Begin(trace.Arrival{UUID: "flood", Flow: "flow"})
	for n := range 20000 {
		flood.Watch(event("DTMF", "DTMF-Digit", "1"))
		flood.Watch(event("CHANNEL_EXECUTE", "Application", fmt.Sprint("app", n)))
	}
	b.run(flood, `local t = {} for i = 1, 1000 do t["k" .. i] = ("x"):rep(1000) end for i = 1, 100 do phone:say(t, t) end
		local function deep(n) if n > 0 then phone:callback(function() deep(n - 1) end) end phone:say(t, t) end deep(60)`)
	flood.End()
	l, err := b.Ladder(trace.Query{UUID: "flood"})
	if err != nil {
		t.Fatal(err)
	}
	if held := b.Held(); held > 1<<20 {
		t.Errorf("%d bytes are held", held)
	}
	last := l.Steps[len(l.Steps)-1]
	if l.Steps[2].What != "app0" || last.What != "the script ended" || last.N != l.Rungs-1 || l.Omitted < 30000 || len(l.Steps) != l.Rungs-l.Omitted {
		t.Errorf("%d of %d rungs, %d omitted: %+v ... %+v", len(l.Steps), l.Rungs, l.Omitted, l.Steps[2], last)
	}
	if _, err := b.Ladder(trace.Query{UUID: "call5"}); err != nil {
		t.Error("the call that failed is forgotten before others:", err)
	}
	if n := len(b.Calls(trace.Query{})); n < 50 {
		t.Errorf("only %d calls are left", n)
	}
	b.Configure(config.Trace{})
	if held := b.Held(); held != 0 {
		t.Errorf("switched off, %d bytes are held", held)
	}
	none := b.Begin(trace.Arrival{})
	none.Watch(event("CHANNEL_ANSWER"))
	none.Printed("x")
	none.End()
}

// Who follows a call is told each rung once.
func TestFollowing(t *testing.T) {
	b := newBench(t, shown(config.Default().Trace))
	const presses = 2000
	var seen []string
	done := make(chan error)
	go func() {
		done <- func() error {
			call, err := b.AwaitCall(context.Background(), trace.Query{Flow: "flow"})
			if err != nil {
				return err
			}
			for mark := (trace.Mark{}); ; {
				l, err := b.Await(context.Background(), call.ID, mark)
				if err != nil {
					return err
				}
				mark = l.Mark()
				for _, r := range l.Steps {
					seen = append(seen, r.What)
				}
				if !l.Until.IsZero() {
					return nil
				}
			}
		}()
	}()
	b.Begin(trace.Arrival{UUID: "other", Flow: "other"})
	c := b.Begin(trace.Arrival{UUID: "a", Flow: "flow"})
	for i := range presses {
		c.Watch(event("DTMF", "DTMF-Digit", fmt.Sprint(i)))
	}
	c.End()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(seen) != presses+1 || seen[presses] != fmt.Sprint("presses ", presses-1) {
		t.Errorf("%d rungs, the last one %s", len(seen), seen[len(seen)-1])
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := b.AwaitCall(ctx, trace.Query{Flow: "none"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
