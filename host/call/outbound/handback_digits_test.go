package outbound_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// typed returns a call with audio whose script has ended without asking for the digits 1
// and 2.
func typed(t *testing.T, connect string) (*harness, *peer) {
	h := open(t, outbound.Config{})
	p := h.dial()
	p.greet(connect)
	waiting := on(h, func(ctx context.Context, c *outbound.Call) error {
		_, err := c.WaitEvent(ctx, -1, func(ev esl.Event) bool { return ev.Name() == "TALK" })
		return err
	})
	p.send(dtmf("1"), dtmf("2"), event("TALK"))
	<-waiting
	h.finish()
	return h, p
}

const later = "api bgapi eval ${msleep(50)}${uuid_recv_dtmf(" + callID + " 12)}"

func TestTypeAheadIsGivenBack(t *testing.T) {
	for name, connect := range map[string]string{
		"there is no audio":             connectReply,
		"the digits are a secret":       strings.Replace(connectWithAudio, "\n", "\nvariable_sensitive_dtmf: true\n", 1),
		"FreeSWITCH has no audio":       strings.Replace(connectWithAudio, "\n", "\nvariable_bypass_media: true\n", 1),
		"no argument would be expanded": strings.Replace(connectWithAudio, "\n", "\nvariable_app_disable_expand_variables: true\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			_, p := typed(t, connect)
			p.expect(later)
			p.send(output("+OK Job-UUID: x\n"))
			if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
				t.Errorf("the call ends with %q", said)
			}
		})
	}
}

// The digits are known when the application that holds the others begins, and come first.
func TestDigitsAreHeldWhileTheCallIsGivenBack(t *testing.T) {
	_, p := typed(t, strings.Replace(connectWithAudio, "\n", "\nvariable_read_result: success\nvariable_read_terminator_used: %23\n", 1))
	id := p.execute("read")
	p.send(dtmf("3"), event("CHANNEL_EXECUTE", "Application", "read", "Application-UUID", id, "variable_read_result", "success", "variable_read_terminator_used", "%23"), dtmf("4"))
	var apps []string
	for range 4 {
		c := p.expect("sendmsg")
		apps = append(apps, field(c, "execute-app-name")+" "+field(c, "execute-app-arg"))
		p.send(reply("+OK"))
	}
	if want := []string{
		"queue_dtmf %[sensitive_dtmf=true]WW",
		"read 1 127 silence eslua_held_2 1000 W",
		"queue_dtmf 123${eslua_held}${eslua_held_2}",
		"multiset ^^|eslua_held=${msleep(60)}|eslua_held=|eslua_held_2=|read_result=success|read_terminator_used=#",
	}; !slices.Equal(apps, want) {
		t.Errorf("executed %q", apps)
	}
	p.expect("api eval ")
	p.send(output("+OK\n"))
	if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
		t.Errorf("the call ends with %q", said)
	}
}

// Neither a FreeSWITCH that does not answer nor the call's end keeps a call.
func TestDigitsAreNotHeldForLong(t *testing.T) {
	t.Run("nothing comes", func(t *testing.T) {
		h, p := typed(t, connectWithAudio)
		p.execute("read")
		h.pass(5 * time.Second)
		p.expect(later)
		p.send(output("+OK Job-UUID: x\n"))
		if said := p.goodbye(); !slices.Equal(said, []string{"resume", "exit"}) {
			t.Errorf("the call ends with %q", said)
		}
	})
	t.Run("it hangs up", func(t *testing.T) {
		_, p := typed(t, connectWithAudio)
		p.execute("read")
		p.send(hangup("CHANNEL_HANGUP", "NORMAL_CLEARING"), hangup("CHANNEL_HANGUP_COMPLETE", "NORMAL_CLEARING"))
		if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
			t.Errorf("the call ends with %q", said)
		}
	})
	t.Run("it is moved", func(t *testing.T) {
		h, p := typed(t, connectWithAudio)
		p.execute("read")
		p.send(event("CHANNEL_STATE", "Channel-State-Number", "2"))
		h.letGo(p)
		if said := p.goodbye(); !slices.Equal(said, []string{"exit"}) {
			t.Errorf("the call ends with %q", said)
		}
	})
}
