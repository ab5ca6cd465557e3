package syntax

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/google/uuid"
)

// onCall answers from a call on a live FreeSWITCH.
type onCall struct {
	*live
	id string
}

func (c onCall) Variable(name string, _ bool) (string, error) {
	value := c.API("uuid_getvar " + c.id + " " + Word(name))
	if value == "_undef_" || value == "-ERR no reply\n" {
		value = ""
	}
	return Unescape(value), nil
}

func (c onCall) Command(name, arg string) (string, error) {
	output := c.API(strings.TrimRight(name+" "+arg, " "))
	if output == "-ERR no reply\n" || strings.HasSuffix(output, "Command not found!\n") {
		output = ""
	}
	return output, nil
}

// executed returns what an application gets of an argument.
func (c onCall) executed(arg string) string {
	mark := uuid.NewString()
	c.Do(esl.Execute(esl.ExecuteOptions{App: "eval", Arg: mark + arg, UUID: c.id, Lock: true}))
	for range 200 {
		if got, ok := strings.CutPrefix(c.API("uuid_getvar "+c.id+" current_application_data"), mark); ok {
			return got
		}
		c.API("msleep 5")
	}
	c.t.Fatalf("eval has not run with %q", arg)
	return ""
}

// FreeSWITCH makes of a text what Expand makes of it, and what Unexpanded makes of that
// it takes as it is.
func TestLiveExpand(t *testing.T) {
	l := dialLive(t)
	c := onCall{l, uuid.NewString()}
	if out := l.API("originate {origination_uuid=" + c.id + "}null/call &park()"); !strings.HasPrefix(out, "+OK") {
		t.Fatal(out)
	}
	t.Cleanup(func() { l.API("uuid_kill " + c.id) })
	for name, value := range generatedWith {
		if !strings.Contains(name, "[") {
			l.API(fmt.Sprintf("uuid_setvar %s %s %s", c.id, name, Rest(value)))
		}
	}
	l.API("uuid_setvar " + c.id + " list ARRAY::one|:two")
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		in := generated(rnd)
		got, err := Expand(in, c)
		if want := c.executed(in); err != nil || got != want {
			t.Errorf("%q is expanded to %q, by FreeSWITCH to %q (%v)", in, got, want, err)
		}
		if again := c.executed(Unexpanded(got)); again != got {
			t.Errorf("%q is sent as %q, of which FreeSWITCH makes %q", got, Unexpanded(got), again)
		}
	}
}
