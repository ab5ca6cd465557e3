package bindings_test

import (
	"fmt"
	"github.com/eslua/eslua/host/script/vm/guard"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

// A program for the outbound event socket runs on the call that it was handed.
func TestESLOnTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
			local ESL = require "ESL"
			local con = ESL.ESLconnection(7)
			local info = con:getInfo()
			r = con:connected() .. info:getHeader("Caller-Destination-Number")
			assert(con:events("plain", "all") == 0)
			r2 = con:execute("answer"):getHeader("Reply-Text") .. con:execute("set", "a=${destination_number}!"):getType()
			con:execute("playback", "`+prompt+`")
			local seen = {}
			repeat
				local e = con:recvEventTimed(100)
				if e and e:getType() ~= "CHANNEL_PARK" then seen[#seen + 1] = e:getType() .. (e:getHeader("Application") or "") end
			until not e
			r3 = table.concat(seen, " ")
			con:executeAsync("playback", "long.wav")
			con:api("uuid_setvar", session.uuid .. " b two")
			r4 = con:api("uuid_getvar", session.uuid .. " b"):getBody() .. " " .. con:sendRecv("getvar a"):getHeader("Reply-Text") .. " " ..
				con:bgapi("uuid_getvar " .. session.uuid .. " a", "", "my-job"):getHeader("Job-UUID") .. " " .. con:sendRecv("nonsense"):getHeader("Reply-Text")
			local job
			repeat job = con:recvEvent() until job:getType() == "BACKGROUND_JOB"
			r4 = r4 .. " " .. job:getBody()
			print(session.uuid)
			repeat local e = con:recvEvent() until e:getType() == "SERVER_DISCONNECTED"
			finished = tostring(con:connected()) .. tostring(con:api("status")) .. tostring(con:recvEventTimed(1))`)
		h.print = func(uuid string) { h.sw.API("uuid_kill " + uuid) }
		h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		for name, want := range map[string]string{
			"r": "1flow", "r2": "+OKSOCKET_DATA",
			"r3":       "CHANNEL_EXECUTEanswer CHANNEL_ANSWER CHANNEL_EXECUTE_COMPLETEanswer CHANNEL_EXECUTEset CHANNEL_EXECUTE_COMPLETEset CHANNEL_EXECUTEplayback CHANNEL_EXECUTE_COMPLETEplayback",
			"r4":       "two flow! my-job -ERR command not found flow!",
			"finished": "0nilnil",
		} {
			if got := o.text(name); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", name, got, want)
			}
		}
	})
}

// What a script does over the connection needs the same grants as by session and API.
func TestESLOnTheCallIsGranted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
			local con = require("ESL").ESLconnection(7)
			local e = require("ESL").ESLevent("CUSTOM")
			e:addHeader("call-command", "execute") e:addHeader("execute-app-name", "system") e:addHeader("execute-app-arg", "touch /tmp/x")
			r = ""
			for _, try in ipairs{
				function() con:api("system", "touch /tmp/x") end, function() con:bgapi("system touch /tmp/x") end, function() con:sendRecv("api system touch") end,
				function() con:send("bgapi system touch") end, function() con:execute("system", "touch /tmp/x") end, function() con:executeAsync("system", "touch /tmp/x") end,
				function() con:executeAsync("set", "x=${system(touch /tmp/x)}") end, function() con:sendMSG(e) end,
				function() con:send("sendmsg\ncall-command: execute\nexecute-app-name: system\nexecute-app-arg: touch\n\n") end,
				function() con:executeAsync("bridge", "loopback/app=system:touch") end,
			} do local ok, err = pcall(try) r = r .. tostring(not ok and err:find("not granted", 1, true) ~= nil):sub(1, 1) end
			r2 = con:execute("answer", "", "another-channel"):getHeader("Reply-Text")
			local ok, err = pcall(require("ESL").ESLconnection, "127.0.0.1", "8021", "ClueCon") r3 = err`)
		h.dialer = network.NewDialer(clock.System())
		h.use()
		h.call()
		o := h.end()
		if o.err != nil || o.text("r") != "tttttttttt" || o.text("r2") != "-ERR invalid session id [another-channel]" || !strings.Contains(o.text("r3"), `write grants: {hosts: ["127.0.0.1"]}`) {
			t.Errorf("%v, %s, %s, %s", o.err, o.text("r"), o.text("r2"), o.text("r3"))
		}
	})
}

// eslHost starts a FreeSWITCH that scripts may connect to.
func eslHost(t *testing.T) (*harness, netip.AddrPort) {
	sw := switchsim.New(switchsim.Config{Log: slog.New(slog.DiscardHandler), Endpoints: []switchsim.Endpoint{{Dial: "user/1000"}}})
	if err := sw.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sw.Close() })
	h := open(t, "")
	g := grant.Default()
	g.Hosts = []grant.Host{"127.0.0.1"}
	h.grants, h.dialer = &g, network.NewDialer(clock.System())
	h.use()
	return h, netip.MustParseAddrPort(sw.Addr())
}

func TestESLToAFreeSWITCH(t *testing.T) {
	h, address := eslHost(t)
	o := h.execute(fmt.Sprintf(`
		local ESL = require "ESL"
		local con = ESL.ESLconnection("127.0.0.1", %d, "ClueCon")
		r = con:connected() .. con:api("uuid_exists", "nobody"):getBody() .. tostring(con:getInfo())
		r2 = con:events("plain", "BACKGROUND_JOB CUSTOM test::ping") .. tostring(con:recvEventTimed(1))
		local e = ESL.ESLevent("CUSTOM", "test::ping")
		e:addHeader("Name", "Ada") e:addBody("hello")
		con:sendEvent(e)
		local got = con:recvEvent()
		r3 = got:getType() .. got:getHeader("Name") .. got:getBody()
		local job = con:bgapi("originate", "user/1000 &park()"):getHeader("Job-UUID")
		got = con:recvEvent()
		r4 = got:getType() .. tostring(got:getHeader("Job-UUID") == job) .. got:getBody():sub(1, 3) .. con:disconnect() .. con:connected() .. con:disconnect() .. con:recvEvent():getType()
		finished = ESL.ESLconnection("127.0.0.1", %d, "wrong"):connected()`, address.Port(), address.Port()), host.NoSwitch{}, "")
	if o.err != nil {
		t.Fatal(o.err)
	}
	for name, want := range map[string]string{
		"r": "1falsenil", "r2": "0nil", "r3": "CUSTOMAdahello", "r4": "BACKGROUND_JOBtrue+OK000SERVER_DISCONNECTED", "finished": "0",
	} {
		if got := o.text(name); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, want)
		}
	}
	o = h.execute(fmt.Sprintf(`local all = {} for i = 1, 5 do all[i] = require("ESL").ESLconnection("127.0.0.1", %d, "ClueCon") end`, address.Port()), host.NoSwitch{}, "")
	if o.err == nil || !strings.Contains(o.err.Error(), "holds 4 connections") {
		t.Error(o.err)
	}
}

// A hangup ends the wait for an event of another FreeSWITCH.
func TestAHangupEndsAnESLWait(t *testing.T) {
	h, address := eslHost(t)
	h.compile(fmt.Sprintf(`session:answer()
		local con = require("ESL").ESLconnection("127.0.0.1", %d, "ClueCon")
		print("waiting")
		r = con:recvEvent():getType() .. tostring(session:ready())`, address.Port()))
	waiting := make(chan struct{})
	h.print = func(string) { close(waiting) }
	c := h.call()
	<-waiting
	c.Hangup("NORMAL_CLEARING")
	if o := h.end(); o.err != nil || o.text("r") != "SERVER_DISCONNECTEDfalse" {
		t.Errorf("%v, %s", o.err, o.text("r"))
	}
}

func TestESLEvent(t *testing.T) {
	h := open(t, "")
	for script, want := range map[string]string{
		`local e = ESL.ESLevent("custom", "a::b") r = e:getType() .. e:getHeader("event-subclass")`:                                                            "CUSTOMa::b",
		`local e = ESL.ESLevent("nonsense") r = e:getType()`:                                                                                                   "MESSAGE",
		`local e = ESL.ESLevent("CUSTOM") e:pushHeader("l", "b") e:pushHeader("l", "c") e:unshiftHeader("l", "a") r = e:getHeader("l") .. e:getHeader("l", 1)`: "ARRAY::b|:c|:ac",
		`local e = ESL.ESLevent("CUSTOM") e:pushHeader("l", "a") r = tostring(e:getHeader("l", 5)) .. tostring(e:getHeader("none", 0))`:                        "nilnil",
		`local e = ESL.ESLevent("CUSTOM") e:addHeader("a", "b") local n = e:firstHeader() r = "" while n do r = r .. n .. " " n = e:nextHeader() end`:          "Event-Name a ",
		`local e = ESL.ESLevent("CUSTOM") e:addBody("x") r = e:serialize("json"):match('"_body":%s*"x"')`:                                                      `"_body":`,
		`local e = ESL.ESLevent(ESL.ESLevent("CUSTOM", "x")) r = e:getHeader("Event-Subclass")`:                                                                "x",
		`local e = ESL.ESLevent("json", '{"Event-Name": "CUSTOM", "a": "b"}') r = e:getType() .. e:getHeader("a")`:                                             "CUSTOMb",
		`r = tostring(ESL.ESLevent("CUSTOM"):setPriority()) .. tostring(ESL.ESLevent("CUSTOM"):delHeader("x"))`:                                                "truetrue",
	} {
		if o := h.execute(`local ESL = require "ESL" `+script, host.NoSwitch{}, ""); o.err != nil || !strings.HasPrefix(o.text("r"), want) {
			t.Errorf("%s\ngot  %v %s\nwant %s", script, o.err, o.text("r"), want)
		}
	}
}

// What a server sends without end is read in the script's processor time.
func TestAFloodOnAnESLConnectionIsTheScriptsTime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "Content-Type: auth/request\n\n")
		for blanks := strings.Repeat("\n", 1<<20); err == nil; {
			_, err = io.WriteString(conn, blanks)
		}
	}()
	h, _ := eslHost(t)
	h.limits = guard.Limits{CPU: 200 * time.Millisecond}
	o := h.execute(fmt.Sprintf(`require("ESL").ESLconnection("127.0.0.1", %d, "ClueCon")`, listener.Addr().(*net.TCPAddr).Port), host.NoSwitch{}, "")
	if o.err == nil || !strings.Contains(o.err.Error(), "cpu limit") {
		t.Errorf("it ended with %v", o.err)
	}
	_ = listener.Close()
	<-flooded
}

// Where FreeSWITCH's library cuts an argument at 4,096 bytes (libs/esl/src/esl.c:esl_execute),
// and says nothing, the whole one arrives.
func TestAnESLArgumentIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
			local con = require("ESL").ESLconnection(0)
			con:execute("set", "long=" .. ("x"):rep(6000))
			r = #con:api("uuid_getvar", session.uuid .. " long"):getBody()`)
		o.want(t, "r", "6000")
	})
}
