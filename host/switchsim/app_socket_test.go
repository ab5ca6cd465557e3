package switchsim_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// Hosts are tried in order, a port is inherited, and when none answers the
// dialplan continues.
func TestSocketHosts(t *testing.T) {
	a := listen(t)
	closed := listen(t)
	_, port, _ := net.SplitHostPort(a.addr())
	gone := closed.addr()
	closed.ln.Close()
	sw := start(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "two", Actions: actions("answer", "socket "+gone+"/first|127.0.0.1:"+port+"/second/arg async full", "set late=1", "park")},
		{Match: "none", Actions: actions("answer", "socket "+gone+"|"+gone+" async full", "set late=1", "park")},
	}}})
	call := sw.Call(switchsim.Caller{Number: "1", Destination: "two"})
	p := a.accept()
	data := p.ask("connect")
	if data.get("variable_socket_path") != "second/arg" || data.get("variable_socket_host") != "127.0.0.1" {
		t.Errorf("path %q host %q", data.get("variable_socket_path"), data.get("variable_socket_host"))
	}
	if call.Variable("late") != "" {
		t.Error("the socket application holds the dialplan")
	}
	call = sw.Call(switchsim.Caller{Number: "1", Destination: "none"})
	happened(t, sw, call.UUID(), "execute", "park")
	if call.Variable("late") != "1" {
		t.Error("the dialplan does not continue when nobody can be reached")
	}
}

func TestSocketEnds(t *testing.T) {
	for name, end := range map[string]func(p *peer){
		"exit":            func(p *peer) { p.wantReply("+OK bye", "exit") },
		"resume and exit": func(p *peer) { p.wantReply("+OK", "resume"); p.wantReply("+OK bye", "exit") },
		"cut":             func(p *peer) { p.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			sw := start(t, switchsim.Config{})
			call, p := controlled(t, sw, switchsim.Caller{})
			end(p)
			happened(t, sw, call.UUID(), "execute", "park")
			if call.Variable("after") != "1" || call.Cause() != "" {
				t.Errorf("after=%q cause %q", call.Variable("after"), call.Cause())
			}
		})
	}
}

// A socket that dies before connect leaves the call parked (nobody releases it);
// so it does on the real one.
func TestSocketEarlyClose(t *testing.T) {
	sw := start(t, switchsim.Config{})
	a := listen(t)
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: actions("answer", "socket "+a.addr()+" async full", "set after=1", "park")})
	call := sw.Call(switchsim.Caller{Number: "1", Destination: "app"})
	p := a.accept()
	control := inbound(t, sw)
	control.ask("event plain CHANNEL_PARK")
	p.conn.Close()
	control.until("CHANNEL_PARK")
	if call.Variable("current_application") != "socket" || call.Variable("after") != "" {
		t.Errorf("runs %s", call.Variable("current_application"))
	}
}

// With socket_resume a dead socket takes the call out of what it was doing.
func TestSocketResumeLeavesTheApplication(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{Variables: map[string]string{"socket_resume": "true"}})
	p.execute("playback", "tone_stream://%(3600000,0,440)")
	p.until("CHANNEL_EXECUTE")
	p.conn.Close()
	happened(t, sw, call.UUID(), "execute", "park") // an hour of tone is not waited for
	if call.Variable("after") != "1" {
		t.Error("the next action did not run")
	}
}

func TestSingleChannelMode(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := controlled(t, sw, switchsim.Caller{}, "async")
	for _, cmd := range []string{"linger", "nolinger", "event plain ALL", "nixevent ALL", "noevents", "api status", "bgapi status",
		"sendevent X", "log", "nolog", "bogus", "divert_events x"} {
		want := "-ERR command not found"
		if strings.HasPrefix(cmd, "divert") {
			want = "+OK events not diverted"
		}
		p.wantReply(want, cmd)
	}
	p.wantReply("+OK Events Enabled", "myevents")
	p.wantReply("-ERR aready enabled.", "myevents")
	p.wantReply(call.UUID(), "getvar uuid")
	p.wantReply("-ERR command not found", "getvar nosuch")
	p.wantReply("+OK filter added. [A]=[b c]", "filter A b c")
	p.wantReply("+OK filter deleted. [all][]", "filter delete all")
	p.wantReply("-ERR invalid syntax", "filter A")
	p.wantReply("-ERR invalid session id [nosuch]", "sendmsg nosuch", "call-command: hangup")
	p.execute("set", "x=1")
	p.until("CHANNEL_EXECUTE_COMPLETE")
}

// Without async the reply comes after the application, and nothing in between.
func TestSyncMode(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	call, p := controlled(t, sw, switchsim.Caller{}, "full")
	p.wantReply("+OK will linger 5 seconds", "linger 5")
	p.wantReply("+OK Events Enabled", "myevents")
	p.execute("playback", "tone_stream://%(30000,0,440)")
	happened(t, sw, call.UUID(), "execute", "playback")
	clk.WaitForTimer(30 * time.Second)
	clk.Advance(30 * time.Second)
	if pk := p.next(); pk.get("Reply-Text") != "+OK" {
		t.Fatalf("first came %s", pk.title())
	}
	if pk := p.until("CHANNEL_EXECUTE_COMPLETE"); pk.get("Application-Response") != "FILE PLAYED" {
		t.Error(pk.title())
	}
	p.wantReply("+OK", "sendmsg", "call-command: hangup", "hangup-cause: CALL_REJECTED")
	// The state machine waits inside the application until linger ends.
	if pk := p.until("CHANNEL_HANGUP"); pk.get("Hangup-Cause") != "CALL_REJECTED" {
		t.Error(pk.title())
	}
	clk.WaitForTimer(5 * time.Second)
	clk.Advance(5 * time.Second)
	for _, title := range p.rest() {
		if strings.HasPrefix(title, "CHANNEL_HANGUP_COMPLETE") {
			t.Error("hangup completed while the socket lingered")
		}
	}
	<-call.Done()
}

func TestLingerEndsByItself(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	call, p := controlled(t, sw, switchsim.Caller{})
	p.wantReply("+OK will linger 10 seconds", "linger 10")
	p.wantReply("+OK Events Enabled", "myevents")
	call.Hangup("")
	p.until("CHANNEL_HANGUP_COMPLETE")
	p.wantReply("NORMAL_CLEARING", "getvar hangup_cause") // still there
	if body := p.ask("api uuid_exists " + call.UUID()).body; body != "false" {
		t.Errorf("uuid_exists says %s of a channel that is hung up", body)
	}
	clk.WaitForTimer(10 * time.Second)
	clk.Advance(10 * time.Second)
	same(t, p.rest(), []string{"text/disconnect-notice  disconnect", "closed"})
}

func TestNoLinger(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := controlled(t, sw, switchsim.Caller{})
	p.wantReply("+OK will linger", "linger")
	p.wantReply("+OK will not linger", "nolinger")
	p.wantReply("+OK Events Enabled", "myevents")
	call.Hangup("")
	got := p.rest()
	if tail := got[len(got)-2:]; tail[0] != "text/disconnect-notice  disconnect" || tail[1] != "closed" {
		t.Error(got)
	}
}

// A message that comes while another application runs, runs inside it; with
// event-lock it waits.
func TestNestingAndLock(t *testing.T) {
	for lock, want := range map[string][]string{
		"event-lock: false": {"EXECUTE playback outer", "EXECUTE set x=1", "EXECUTE_COMPLETE set x=1", "EXECUTE_COMPLETE playback outer"},
		"event-lock: true":  {"EXECUTE playback outer", "EXECUTE_COMPLETE playback outer", "EXECUTE set x=1", "EXECUTE_COMPLETE set x=1"},
	} {
		clk := manual()
		sw := start(t, switchsim.Config{Clock: clk, DefaultMedia: 4 * time.Second})
		_, p := subscribed(t, sw, switchsim.Caller{})
		p.execute("playback", "outer", lock)
		p.until("CHANNEL_EXECUTE")
		clk.WaitForTimer(4 * time.Second)
		p.execute("set", "x=1", "Event-UUID: 7", "Event-UUID-Name: seven")
		got := []string{"EXECUTE playback outer"}
		if lock == "event-lock: true" {
			p.next() // +OK
			clk.Advance(4 * time.Second)
		}
		for len(got) < 4 {
			pk := p.next()
			if strings.HasPrefix(pk.get("Event-Name"), "CHANNEL_EXECUTE") {
				got = append(got, strings.TrimPrefix(pk.get("Event-Name"), "CHANNEL_")+" "+pk.get("Application")+" "+pk.get("Application-Data"))
				if pk.get("Application") == "set" && (pk.get("Application-UUID") != "7" || pk.get("Application-UUID-Name") != "seven") {
					t.Error("the message's own UUID is on its events")
				}
				if pk.get("Application-Data") == "x=1" && pk.get("Event-Name") == "CHANNEL_EXECUTE_COMPLETE" && lock == "event-lock: false" {
					clk.WaitForTimer(4 * time.Second)
					clk.Advance(4 * time.Second)
				}
			}
		}
		same(t, got, want)
	}
}

// Loops stop as soon as a round took less than half a second.
func TestLoopsAndBody(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{})
	p.execute("set", "x=1", "loops: 5")
	p.until("CHANNEL_EXECUTE_COMPLETE")
	p.send("sendmsg", "call-command: execute", "execute-app-name: set", "content-type: text/plain", "content-length: 9", "", "y=one\ntwo")
	if pk := p.until("CHANNEL_EXECUTE"); pk.get("Application-Data") != "y=one\ntwo" {
		t.Errorf("%q", pk.get("Application-Data"))
	}
	p.until("CHANNEL_EXECUTE_COMPLETE")
	if call.Variable("y") != "one\ntwo" {
		t.Errorf("y is %q", call.Variable("y"))
	}
}

// The first command of an outbound connection is answered only if it is connect.
func TestFirstCommand(t *testing.T) {
	sw := start(t, switchsim.Config{})
	a := listen(t)
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: actions("answer", "socket "+a.addr()+" async full")})
	sw.Call(switchsim.Caller{Number: "1", Destination: "app"})
	p := a.accept()
	p.send("linger")
	p.wantReply("+OK Events Enabled", "myevents") // no reply to linger came before
}

func TestSilentApplicationIsLeft(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	a := listen(t)
	sw.SetExtension("default", switchsim.Extension{Match: "app", Actions: actions("answer", "socket "+a.addr()+" full", "set after=1", "park")})
	call := sw.Call(switchsim.Caller{Number: "1", Destination: "app"})
	p := a.accept()
	clk.WaitForTimer(25 * time.Second)
	clk.Advance(25 * time.Second)
	happened(t, sw, call.UUID(), "execute", "park")
	same(t, p.rest(), []string{"text/disconnect-notice  disconnect", "closed"})
}
