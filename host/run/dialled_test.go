package run

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/script/grant"
)

// The headers are those of FreeSWITCH 1.11 in its answer to connect.
func TestDialledItself(t *testing.T) {
	for what, call := range map[string]struct {
		headers [][2]string
		is      bool
	}{
		"originate null/x &socket": {[][2]string{{"Call-Direction", "outbound"}, {"Caller-Source", "mod_loopback"}}, true},
		"originate user/1000":      {[][2]string{{"Call-Direction", "outbound"}, {"Caller-Source", "mod_sofia"}, {"Caller-Network-Addr", "192.0.2.9"}, {"FreeSWITCH-IPv4", "192.0.2.2"}}, true},
		"originate loopback/5999/default, the far side, all its variables unset": {[][2]string{{"Call-Direction", "inbound"}, {"Channel-Name", "x"}, {"Caller-Source", "mod_loopback"}}, true},
		"originate sofia/external/5999@127.0.0.1:5480, the far side": {[][2]string{{"Call-Direction", "inbound"}, {"Caller-Network-Addr", "127.0.0.1"}, {"Caller-Source", "mod_sofia"},
			{"FreeSWITCH-IPv4", "192.0.2.2"}, {"variable_sip_local_network_addr", "127.0.0.1"}}, true},
		"the same by the address of the machine": {[][2]string{{"Call-Direction", "inbound"}, {"Caller-Network-Addr", "192.0.2.2"}, {"FreeSWITCH-IPv4", "192.0.2.2"}}, true},
		"a phone": {[][2]string{{"Call-Direction", "inbound"}, {"Caller-Network-Addr", "192.0.2.9"}, {"Caller-Source", "mod_sofia"},
			{"FreeSWITCH-IPv4", "192.0.2.2"}, {"variable_sip_local_network_addr", "192.0.2.2"}}, false},
	} {
		if got := dialledItself(esl.NewEvent(call.headers, "")); got != call.is {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// answering answers every command with what FreeSWITCH answered to status.
type answering struct {
	NoSwitch
	answer string
	asked  int
}

func (a *answering) API(context.Context, string) (string, error) {
	a.asked++
	return a.answer, nil
}

func TestACommonBurdenBeginsAgainWhileThereIsRoom(t *testing.T) {
	const status = "UP 0 years, 0 days, 0 hours, 40 minutes, 27 seconds, 516 milliseconds, 37 microseconds\n" +
		"FreeSWITCH (Version 1.11.3-dev git cc93a68 2026-08-21 14:10:14Z 64bit) is ready\n3205 session(s) since startup\n"
	for rest, roomy := range map[string]bool{
		"1 session(s) - peak 55, last 5min 1 \n0 session(s) per Sec out of max 1000, peak 50, last 5min 0 \n10000 session(s) max\n":     true,
		"501 session(s) - peak 501, last 5min 501 \n0 session(s) per Sec out of max 1000, peak 50, last 5min 0 \n1000 session(s) max\n": false,
		"-ERR no answer\n": false,
	} {
		clk, sw, g := clock.NewManual(time.Unix(1e9, 0)), &answering{answer: status + rest}, grant.Default()
		env := &Env{Switch: sw, Clock: clk, Grants: &g}
		passed, common := 0, grant.NewCommon("", clk.Now)
		for range 10 { // calls, each with a leg
			g.Burden = grant.NewBurden(256<<10, common, func() {})
			if err := env.Allowed(t.Context(), func() error { return g.CheckAPI("originate null/x &park") }); err == nil {
				passed++
			} else if full := (*grant.BurdenError)(nil); !errors.As(err, &full) {
				t.Fatal(err)
			}
		}
		want := 3
		if roomy {
			want = 6 // once in a while only
		}
		if passed != want || sw.asked != 1 {
			t.Errorf("%q: %d of 10 calls have a leg, FreeSWITCH was asked %d times", rest, passed, sw.asked)
		}
	}
}
