package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/google/uuid"
)

// takesDigits asks for one digit after the other, in every way in turn, and logs all
// that it got when there are as many as argv[1]. With the argument methods it executes no
// application that reads.
const takesDigits = `
local tone, got, n = "tone_stream://%(3000,0,440)", "", 0
local ways = {
  function() return session:getDigits(1, "", 20000) end,
  function() return session:playAndGetDigits(1, 1, 1, 20000, "", tone, "", "") end,
  function() return session:read(1, 1, tone, 20000, "") end,
  function() session:execute("read", "1 1 silence eslua_one 20000 none") return session:getVariable("eslua_one") or "" end,
  function() return session:playAndGetDigits(1, 1, 9, 900, "", tone, "", "") end,
}
if argv[2] == "methods" then table.remove(ways, 4) end
session:answer()
freeswitch.consoleLog("NOTICE", "ready")
repeat
  n = n + 1
  local digit = ways[n % #ways + 1]()
  got = got .. digit
until #got == tonumber(argv[1]) or digit == ""
freeswitch.consoleLog("NOTICE", got)
session:hangup()`

// TestNoDigitIsLost presses 10,000 digits at random moments, so that many fall between the
// end of one method and the beginning of the next one's application. Half of them come
// together with a frame of media, when the switch and the host are busy too. They keep their
// order, but not all where an application that the script executes meets digits that come
// faster than park takes them.
func TestNoDigitIsLost(t *testing.T) {
	t.Parallel()
	digits := 250
	if testing.Short() {
		digits = 50
	}
	for n := range uint64(40) {
		fast := n%2 == 0
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New()
				sim := simulated(t, switchsim.Config{Listener: network.Listen(), Dial: network.Dial})
				d := serveDigits(t, network.Listen(), seams{guest: true})
				nc, err := network.Dial(t.Context(), sim.Addr())
				if err != nil {
					t.Fatal(err)
				}
				r := rand.New(rand.NewPCG(n, 15))
				pressed, got := d.press(t.Context(), t, logIn(t.Context(), t, nc, "ClueCon"), r, fmt.Sprint("digits/", digits), digits, func() time.Duration {
					least := 40 * time.Millisecond
					if fast {
						least = 0
					}
					if r.IntN(2) == 0 {
						return least + time.Duration(r.IntN(3))*20*time.Millisecond
					}
					return least + time.Duration(r.IntN(40_000))*time.Microsecond
				})
				if got != pressed && !(fast && sorted(got) == sorted(pressed)) {
					t.Errorf("pressed %s\n    got %s", pressed, got)
				}
			})
		})
	}
}

// TestLiveNoDigitIsLost presses as fast as a person or a modem can. The methods get the
// digits in the order in which they were pressed. An application that the script executes
// gets those that FreeSWITCH's park took before it began when it has begun: on a busy machine
// behind the next one.
func TestLiveNoDigitIsLost(t *testing.T) {
	address, password := livetest.Address(t)
	d := serveDigits(t, listening(t), seams{})
	t.Run("calls", func(t *testing.T) {
		for n := range uint64(12) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(n, 15))
				flow, ordered := "digits/100", false
				if n%2 == 0 {
					flow, ordered = "digits/100/methods", true
				}
				pressed, got := d.press(testproc.Context(t), t, dialSwitch(t, address, password), r, flow, 100, func() time.Duration {
					return time.Duration(80_000+r.IntN(200_000)) * time.Microsecond
				})
				if got != pressed && (ordered || sorted(got) != sorted(pressed)) {
					t.Errorf("pressed %s\n    got %s", pressed, got)
				}
			})
		}
	})
}

// endsEarly leaves the digits to its dialplan.
const endsEarly = `
session:answer()
freeswitch.consoleLog("NOTICE", "ready")
session:sleep(tonumber(argv[1]))`

// TestNoDigitIsLostWhenTheScriptEnds presses digits while the call is given back to its
// dialplan, which reads them all, in their order.
func TestNoDigitIsLostWhenTheScriptEnds(t *testing.T) {
	t.Parallel()
	for n := range uint64(20) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New()
				sim := simulated(t, switchsim.Config{Listener: network.Listen(), Dial: network.Dial})
				d := serveDigits(t, network.Listen(), seams{guest: true})
				nc, err := network.Dial(t.Context(), sim.Addr())
				if err != nil {
					t.Fatal(err)
				}
				d.pressAtTheEnd(t.Context(), t, logIn(t.Context(), t, nc, "ClueCon"), rand.New(rand.NewPCG(n, 5)))
			})
		})
	}
}

func TestLiveNoDigitIsLostWhenTheScriptEnds(t *testing.T) {
	address, password := livetest.Address(t)
	d := serveDigits(t, listening(t), seams{})
	t.Run("calls", func(t *testing.T) {
		for n := range uint64(40) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				d.pressAtTheEnd(testproc.Context(t), t, dialSwitch(t, address, password), rand.New(rand.NewPCG(n, 5)))
			})
		}
	})
}

// pressAtTheEnd presses digits before, while and after the script ends, and compares those
// that the dialplan's read got.
func (d digitServer) pressAtTheEnd(ctx context.Context, t *testing.T, sw *switchEvents, r *rand.Rand) {
	t.Helper()
	id := uuid.NewString()
	act := d.seen.expect(id)
	script := r.IntN(3)*40 + 60
	answer := sw.api(ctx, t, fmt.Sprintf("originate {origination_uuid=%s}loopback/m:^:sleep:100^answer^park/default/inline 'm:^:socket:%s/ends/%d async full^read:1 30 silence rest 1000 none 1000^hangup' inline", id, d.listen, script))
	if !strings.HasPrefix(answer, "+OK") {
		t.Fatalf("originate: %s", answer)
	}
	clk := clock.System()
	for len(act.logged()) == 0 {
		if clock.Sleep(ctx, clk, time.Millisecond) != nil {
			t.Fatal("the script did not begin")
		}
	}
	_ = clock.Sleep(ctx, clk, time.Duration(script-20+r.IntN(20))*time.Millisecond)
	pressed := ""
	for range r.IntN(12) {
		digit := string("0123456789*#ABCD"[r.IntN(16)])
		pressed += digit
		press, err := esl.API("uuid_recv_dtmf " + id + " " + digit)
		sw.do(ctx, t, press, err)
		_ = clock.Sleep(ctx, clk, time.Duration(r.IntN(12_000))*time.Microsecond)
	}
	e := sw.next(ctx, t, "CHANNEL_HANGUP_COMPLETE", id)
	if got := e.Get("variable_rest"); got != pressed {
		t.Errorf("pressed %s, the dialplan got %s", pressed, got)
	}
	for header := range e.All() {
		if name, ok := strings.CutPrefix(header, "variable_eslua_"); ok && name != "cause" {
			t.Errorf("the variable eslua_%s is left", name)
		}
	}
}

// A digitServer serves takesDigits.
type digitServer struct {
	listen string
	seen   *stage
}

func serveDigits(t *testing.T, l net.Listener, test seams) digitServer {
	cfg := config.Default()
	cfg.Flows = map[string]config.Flow{}
	seen := newStage()
	test.scripts, test.traced, test.ended = fstest.MapFS{"digits.lua": {Data: []byte(takesDigits)}, "ends.lua": {Data: []byte(endsEarly)}}, seen.called, seen.ended
	serving(t, l, cfg, clock.System(), stageLog{stage: seen}, test)
	return digitServer{l.Addr().String(), seen}
}

// press calls and presses digits with a pause after each, and returns those that the script
// got.
func (d digitServer) press(ctx context.Context, t *testing.T, sw *switchEvents, r *rand.Rand, flow string, digits int, pause func() time.Duration) (pressed, got string) {
	t.Helper()
	id := uuid.NewString()
	act := d.seen.expect(id)
	if answer := sw.api(ctx, t, fmt.Sprintf("originate {origination_uuid=%s}loopback/m:^:sleep:100^answer^park/default/inline '&socket(%s/%s async full)'", id, d.listen, flow)); !strings.HasPrefix(answer, "+OK") {
		t.Fatalf("originate: %s", answer)
	}
	clk := clock.System()
	for len(act.logged()) == 0 {
		if clock.Sleep(ctx, clk, time.Millisecond) != nil {
			t.Fatal("the script did not begin")
		}
	}
	for range digits {
		digit := string("0123456789*#ABCD"[r.IntN(16)])
		pressed += digit
		press, err := esl.API("uuid_recv_dtmf " + id + " " + digit)
		sw.do(ctx, t, press, err)
		_ = clock.Sleep(ctx, clk, pause())
	}
	select {
	case <-act.over:
	case <-ctx.Done():
		t.Fatalf("the script did not end; %s was pressed", pressed)
	}
	lines := act.logged()
	return pressed, lines[len(lines)-1]
}

func sorted(text string) string {
	letters := strings.Split(text, "")
	slices.Sort(letters)
	return strings.Join(letters, "")
}
