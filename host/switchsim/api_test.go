package switchsim_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// The answers were asked of a real FreeSWITCH 1.11.
func TestAPIAnswers(t *testing.T) {
	sw := start(t, switchsim.Config{Hostname: "vm", Clock: manual()})
	call := parkedCall(t, sw)
	u := call.UUID()
	for _, c := range []struct{ line, want string }{
		{"nosuch x", "-ERR nosuch Command not found!\n"},
		{"uuid_exists", "false"}, {"uuid_exists x", "false"}, {"uuid_exists " + u, "true"},
		{"uuid_getvar", "-USAGE: <uuid> <var>\n"}, {"uuid_getvar x y", "-ERR No such channel!\n"},
		{"uuid_getvar " + u + " nope", "_undef_"},
		{"uuid_setvar", "-USAGE: <uuid> <var> [value]\n"}, {"uuid_setvar x y z", "-ERR No such channel!\n"},
		{"uuid_setvar " + u + " x it's a 'test' \\n", "+OK\n"}, {"uuid_getvar " + u + " x", "its a test' \n"},
		{"uuid_setvar " + u + " x", "+OK\n"}, {"uuid_getvar " + u + " x", "_undef_"},
		{"uuid_setvar_multi " + u + " q=1;r=2;s=${evil}", "+OK\n"}, {"uuid_getvar " + u + " r", "2"}, {"uuid_getvar " + u + " s", "_undef_"},
		{"uuid_setvar_multi x a=b", "-ERR No such channel!\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n"},
		{"uuid_kill", "-USAGE: <uuid> [cause]\n"}, {"uuid_kill x", "-ERR No such channel!\n"},
		{"uuid_break", "-USAGE: <uuid> [all]\n"}, {"uuid_break " + u, "+OK\n"},
		{"uuid_transfer " + u, "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"},
		{"uuid_transfer x y", "-ERR No such channel!\n"},
		{"uuid_broadcast", "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"}, {"uuid_broadcast x y", "-ERR invalid uuid\n"},
		{"uuid_recv_dtmf", "-USAGE: <uuid> <dtmf_data>\n"}, {"uuid_recv_dtmf x 1", "-ERR Cannot locate session!\n"},
		{"uuid_recv_dtmf " + u + " 12", "+OK " + u + " received DTMF 12.\n"}, {"uuid_send_dtmf " + u + " 12", "+OK " + u + " sent DTMF 12.\n"},
		{"uuid_flush_dtmf x", "-ERR No such session\n"}, {"uuid_flush_dtmf " + u, "+OK\n"},
		{"uuid_fileman", "-USAGE: <uuid> <cmd>:<val>\n"}, {"uuid_fileman " + u + " stop", "-ERR No file handle!\n"},
		{"uuid_bridge a b", "-ERR Invalid uuid\n"}, {"uuid_park", "-ERR No such channel!\n"}, {"sched_transfer +1 x", "-ERR No such channel!\n"}, {"uuid_dump", "-USAGE: <uuid> [format]\n"},
		{"chat a|b|c", "Invalid"}, {"chat nosuch|a|b|c", "Error! Message Not Sent"}, {"chat event|a|b|c", "Sent"},
		{"uuid_send_text x", "-USAGE: <uuid> <text>\n"}, {"uuid_send_text x y z", "-ERR No such channel x!\n"}, {"uuid_send_text " + u + " y z", "+OK\n"},
		{"regex m:~1023~/^(10)(..)$/~yes,$1,$2~b", "yes,10,23"}, {"regex m:~1023~/^(9)(..)$/~yes,$1~b", "false"}, {"regex m:~1*#A~^(1)(x)?~yes,$1,$2,$7,a%1~b", "yes,1,,,a1"},
		{"regex m:~aBc~/b/i", "true"}, {"regex m:~aBc~/b/", "false"}, {"regex m:~1~/1", "false"}, {"regex m:~1~2~x", "1"}, {"regex m:~1~2~x~n", ""}, {"regex m:~1~/(1)/~${1}b$", "1b$"},
		{"show application nosuch", "\n0 total.\n"},
		{"json", "-ERR No JSON supplied.\n"}, {"json {x", "-ERR Parse error.\n"},
		{`json {"command":"nosuch","data":{}}`, `{"command":"nosuch","data":{},"status":"error","message":"Invalid request or non-existant command","response":null}` + "\n"},
		{`json {"command":"fsapi","data":{"cmd":"echo","arg":"hi"}}`, `{"command":"fsapi","data":{"cmd":"echo","arg":"hi"},"status":"success","response":{"message":"hi"}}` + "\n"},
		{`json {"command":"fsapi","data":{"cmd":"nosuch"}}`, `{"command":"fsapi","data":{"cmd":"nosuch"},"status":"error","message":"The command returned an error","response":{"message":"INVALID CALL"}}` + "\n"},
		{"global_getvar nosuch", ""}, {"global_setvar a=b", "+OK"}, {"global_getvar a", "b"},
		{"eval hello ${hostname} $${a} ${nosuch}", "hello vm b "},
		{"eval uuid:" + u + " ${Caller-Destination-Number} ${r} ${variable_r}", "parked  2"},
		{"expand uuid:" + u + " uuid_getvar ${Unique-ID} r", "2"},
		{"strftime %Y", "2027"}, {"hostname", "vm"}, {"echo hi", "hi"}, {"md5 x", "9dd4e461268c8034f5c8564e155c67a6"},
		{"url_encode a b", "a%20b"}, {"url_decode a%20b", "a b"}, {"toupper abc", "ABC"},
		{"log INFO x", "+OK\n"}, {"conference list", "+OK No active conferences.\n"},
		{"show channels count", "\n1 total.\n"}, {"show channels count as json", `{"row_count":1,"rows":[]}`},
		{"originate x", "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n"},
		{"hupall NORMAL_CLEARING", "+OK hangup all channels with cause NORMAL_CLEARING\n"},
	} {
		if got := sw.API(c.line); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
	<-call.Done()
	if sw.API("show channels as json") != "{\"row_count\": 0}\n" || sw.API("show channels") != "\n0 total.\n" {
		t.Error("nothing is left")
	}
	if !regexp.MustCompile(`^[0-9a-f-]{36}$`).MatchString(sw.API("create_uuid")) {
		t.Error(sw.API("create_uuid"))
	}
	if !strings.HasPrefix(sw.API("status"), "UP 0 years, 0 days, 0 hours, 0 minutes, 0 seconds, 0 milliseconds, 0 microseconds\n") {
		t.Error(sw.API("status"))
	}
}

func TestShowChannels(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call := parkedCall(t, sw)
	var got struct {
		Rows []map[string]string `json:"rows"`
	}
	if err := json.Unmarshal([]byte(sw.API("show channels as json")), &got); err != nil || len(got.Rows) != 1 {
		t.Fatal(err, got)
	}
	row := got.Rows[0]
	if row["uuid"] != call.UUID() || row["application"] != "park" || row["state"] != "CS_EXECUTE" || row["callstate"] != "ACTIVE" || row["dest"] != "parked" {
		t.Errorf("%v", row)
	}
	if out := sw.API("show channels like nothing"); out != "\n0 total.\n" {
		t.Error(out)
	}
}

// uuid_broadcast executes with event-lock; uuid_fileman moves the file that plays.
func TestBroadcastAndFileman(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk, DefaultMedia: 100 * time.Second})
	call, p := subscribed(t, sw, switchsim.Caller{})
	if out := sw.API("uuid_broadcast " + call.UUID() + " long.wav"); out != "+OK Message sent\n" {
		t.Fatal(out)
	}
	p.until("CHANNEL_EXECUTE")
	clk.WaitForTimer(100 * time.Second)
	clk.Advance(10 * time.Second)
	if out := sw.API("uuid_fileman " + call.UUID() + " seek:+60000"); out != "+OK\n" {
		t.Fatal(out)
	}
	clk.WaitForTimer(30 * time.Second)
	sw.API("uuid_fileman " + call.UUID() + " pause")
	sw.API("uuid_fileman " + call.UUID() + " stop")
	if pk := p.until("CHANNEL_EXECUTE_COMPLETE"); pk.get("Application-Response") != "FILE PLAYED" {
		t.Error(pk.title())
	}
	sw.API("uuid_broadcast " + call.UUID() + " set::x=1")
	if pk := p.until("CHANNEL_EXECUTE"); pk.get("Application") != "set" {
		t.Error(pk.title())
	}
	if sw.API("uuid_break "+call.UUID()+" all") != "+OK\n" {
		t.Error("break")
	}
}
