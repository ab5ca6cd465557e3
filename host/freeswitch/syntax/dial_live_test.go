package syntax

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/google/uuid"
)

// live is the FreeSWITCH that ESLUA_LIVE names.
type live struct {
	*livetest.Conn
	t *testing.T
}

func dialLive(t *testing.T) *live { return &live{livetest.Dial(t, 2*time.Minute), t} }

// ringing dials a leg that rings until it is hung up, with an id of its own and
// every hostile value in a variable.
func (l *live) ringing() (Leg, string) {
	id := uuid.NewString()
	l.t.Cleanup(func() { l.API("uuid_kill " + id) })
	vars := []Var{{"origination_uuid", id}, {"null_enable_auto_answer", "false"}}
	for i, value := range hostile {
		vars = append(vars, Var{fmt.Sprintf("own_%d", i), value})
	}
	return Leg{Endpoint: "null/ring", Vars: vars}, id
}

func (l *live) waitFor(id string) {
	for range 100 {
		if l.API("uuid_exists "+id) == "true" {
			return
		}
		l.API("msleep 20")
	}
	l.t.Fatalf("no leg %s", id)
}

// compare asks FreeSWITCH for every variable of a leg.
func (l *live) compare(how, id string, prefixes ...string) {
	l.t.Helper()
	l.waitFor(id)
	for _, prefix := range prefixes {
		for i, want := range hostile {
			if want == "" {
				want = "_undef_"
			}
			if got := l.API(fmt.Sprintf("uuid_getvar %s %s%d", id, prefix, i)); got != want {
				l.t.Errorf("%s: %s%d is %q in FreeSWITCH, want %q", how, prefix, i, got, want)
			}
		}
	}
}

func TestLiveDialStringsAreReadBack(t *testing.T) {
	l := dialLive(t)
	var every []Var
	for i, value := range hostile {
		every = append(every, Var{fmt.Sprintf("every_%d", i), value})
	}
	every = append(every, Var{"origination_caller_id_name", `Jo "X" O'Neil, Ltd]}`})
	bgapi := func(text string) { l.API("bgapi originate " + Word(text) + " park inline") }
	execute := func(text string) {
		a := uuid.NewString()
		t.Cleanup(func() { l.API("uuid_kill " + a) })
		l.API("originate {origination_uuid=" + a + "}null/park park inline")
		for l.API("uuid_getvar "+a+" current_application") != "park" {
			l.API("msleep 20")
		}
		l.Do(esl.Execute(esl.ExecuteOptions{App: "bridge", Arg: Literal(text), UUID: a}))
	}
	for how, start := range map[string]func(string){"bgapi originate": bgapi, "execute bridge": execute} {
		one, oneID := l.ringing()
		start(written(t, DialString{Vars: every, Groups: [][]Leg{{one}}}))
		l.compare(how+", one leg", oneID, "own_", "every_")
		if got := l.API("uuid_getvar " + oneID + " caller_id_name"); got != `Jo "X" O'Neil, Ltd]}` {
			t.Errorf("%s: the caller is %q", how, got)
		}

		first, firstID := l.ringing()
		second, secondID := l.ringing()
		start(written(t, DialString{Vars: every, Groups: [][]Leg{{{Endpoint: "error/user_busy"}}, {first, second}}}))
		l.compare(how+", several legs", firstID, "own_", "every_")
		l.compare(how+", several legs", secondID, "own_", "every_")
	}
}

// What ${...} in a dial string does is why none is written: originate drops
// the variable, and an application's argument runs it.
func TestLiveWhyVariablesAreRefusedInValues(t *testing.T) {
	l := dialLive(t)
	id := uuid.NewString()
	t.Cleanup(func() { l.API("uuid_kill " + id) })
	l.API("bgapi originate {origination_uuid=" + id + ",eslua_dial=x${strepoch()}}null/ring park inline")
	l.waitFor(id)
	if got := strings.TrimSpace(l.API("uuid_getvar " + id + " eslua_dial")); got != "_undef_" {
		t.Errorf("originate takes ${strepoch()}: %q", got)
	}
}
