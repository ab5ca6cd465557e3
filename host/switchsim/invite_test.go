package switchsim_test

import (
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// A scheduled hangup ten minutes away happens at once when the clock is moved,
// and its events come in FreeSWITCH's order.
func TestTenMinutesPassAtOnce(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	call, p := subscribed(t, sw, switchsim.Caller{})
	if body := p.ask("api sched_hangup +600 " + call.UUID() + " ALLOTTED_TIMEOUT").body; body != "+OK\n" {
		t.Fatal(body)
	}
	p.execute("playback", "tone_stream://%(3600000,0,440)", "Event-UUID: 1")
	p.until("CHANNEL_EXECUTE")
	clk.WaitForTimer(600 * time.Second)
	clk.Advance(599 * time.Second)
	if call.Cause() != "" {
		t.Fatal("hung up too early")
	}
	clk.Advance(time.Second)
	var order []string
	for {
		pk := p.next()
		order = append(order, pk.title())
		if pk.get("Event-Name") == "CHANNEL_HANGUP_COMPLETE" {
			if pk.get("variable_hangup_cause") != "ALLOTTED_TIMEOUT" || pk.get("variable_billsec") != "600" {
				t.Errorf("cause %s after %s s", pk.get("variable_hangup_cause"), pk.get("variable_billsec"))
			}
			break
		}
	}
	want := []string{"CHANNEL_HANGUP CS_EXECUTE", "text/disconnect-notice  linger", "CHANNEL_EXECUTE_COMPLETE CS_EXECUTE playback",
		"CHANNEL_UNPARK CS_EXECUTE", "CHANNEL_EXECUTE_COMPLETE CS_EXECUTE socket", "CHANNEL_STATE CS_HANGUP",
		"CHANNEL_STATE CS_REPORTING", "CHANNEL_HANGUP_COMPLETE CS_REPORTING"}
	same(t, order, want)
	<-call.Done()
	if call.Cause() != "ALLOTTED_TIMEOUT" {
		t.Error(call.Cause())
	}
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	for i := 0; i < max(len(got), len(want)); i++ {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%d: got %q, want %q\nall: %q", i, g, w, got)
		}
	}
}

// The flow of the project's origin against scripted people: one presses 1 and
// ends in the conference, one stays silent and is hung up.
func TestInvitedPeople(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{
		Clock: clk,
		Endpoints: []switchsim.Endpoint{
			{Dial: "user/1000", Ring: 3 * time.Second, Script: []switchsim.Step{switchsim.OnPlayback("invited").After(2 * time.Second).Press("1")}},
		},
		Dialplan: switchsim.Dialplan{"default": {{Match: "^(70..)$", Actions: actions("conference $1@default")}}},
		Media:    map[string]time.Duration{"invited.wav": 10 * time.Second},
	})
	a := listen(t)
	result := make(chan string, 1)
	go func() {
		uuid, err := sw.Originate("user/1000 '&socket(" + a.addr() + "/invite async full)'")
		if err != nil {
			uuid = err.Error()
		}
		result <- uuid
	}()
	clk.WaitForTimer(3 * time.Second) // the ringing
	clk.Advance(3 * time.Second)
	p := a.accept()
	data := p.ask("connect")
	uuid := data.get("Unique-ID")
	if got := <-result; got != uuid {
		t.Fatalf("originate said %s, the channel is %s", got, uuid)
	}
	if data.get("variable_socket_path") != "invite" || data.get("Answer-State") != "answered" {
		t.Error(data.get("variable_socket_path"), data.get("Answer-State"))
	}
	p.ask("linger")
	p.ask("myevents")
	p.execute("playback", "invited.wav", "Event-UUID: p1")
	p.until("CHANNEL_EXECUTE")
	clk.WaitForTimer(2 * time.Second) // the person
	clk.Advance(2 * time.Second)
	if d := p.until("DTMF"); d.get("DTMF-Digit") != "1" || d.get("DTMF-Source") != "RTP" {
		t.Errorf("digit %s from %s", d.get("DTMF-Digit"), d.get("DTMF-Source"))
	}
	p.ask("api uuid_transfer " + uuid + " 7001")
	if c := p.until("CHANNEL_EXECUTE"); c.get("Application") != "conference" {
		t.Error(c.title())
	}
	happened(t, sw, uuid, "conference", "joined")
	if members := sw.Conference("7001"); len(members) != 1 || members[0] != uuid {
		t.Errorf("in the conference: %v", members)
	}
}
