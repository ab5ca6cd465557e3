package bindings_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/grant"
)

// hasty is a clock whose time-outs come a hundred times earlier.
type hasty struct{ clock.Clock }

func (h hasty) AfterFunc(d time.Duration, fn func()) *clock.Timer {
	return h.Clock.AfterFunc(d/100, fn)
}

// mute serves an event socket that accepts every password and says nothing then.
func mute(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, "Content-Type: auth/request\n\n")
	_, _ = r.ReadString('\n')
	_, _ = io.WriteString(conn, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
	_, _ = io.Copy(io.Discard, r)
}

// After the hangup a wait without a limit of its own ends by itself: nothing else would
// end it.
func TestNoWaitAfterTheHangupIsEndless(t *testing.T) {
	port := serveTCP(t, mute)
	for wait, want := range map[string]string{
		`r = tostring(con:recvEvent():getType())`:              "SERVER_DISCONNECTED",
		`r = tostring(con:api("status"))`:                      "nil",
		`r = select(2, sock:receive())`:                        "timeout",
		`r = select(3, socket.select({sock}))`:                 "timeout",
		`r = select(2, sock:receive("*a"))`:                    "timeout",
		`sock:settimeout(3) r = select(2, sock:receive("*a"))`: "timeout",
	} {
		h := open(t, "")
		g := grant.Default()
		g.Hosts = []grant.Host{"127.0.0.1"}
		h.grants, h.dialer, h.clock = &g, network.NewDialer(clock.System()), hasty{clock.System()}
		h.use()
		h.compile(`session:answer()
			local socket = require("socket")
			local con, sock = require("ESL").ESLconnection("127.0.0.1", ` + port + `, "ClueCon"), assert(socket.connect("127.0.0.1", ` + port + `))
			sock:receive() sock:receive()
			session:hangup()
			` + wait)
		h.call()
		if o := h.end(); o.err != nil || o.text("r") != want {
			t.Errorf("%s: %v, %s", wait, o.err, o.text("r"))
		}
	}
}

// A connection on which an answer is outstanding is given up: the next command would get
// it.
func TestAnUnansweredCommandEndsTheConnection(t *testing.T) {
	port := serveTCP(t, mute)
	h := open(t, "")
	g := grant.Default()
	g.Hosts = []grant.Host{"127.0.0.1"}
	h.grants, h.dialer = &g, network.NewDialer(clock.System())
	h.use()
	h.compile(`session:answer()
		local con = require("ESL").ESLconnection("127.0.0.1", ` + port + `, "ClueCon")
		r = tostring(con:connected())
		print(session.uuid)
		r2 = tostring(con:api("status"))
		r3 = tostring(con:connected())`)
	h.print = func(uuid string) { h.sw.API("uuid_kill " + uuid) }
	h.call()
	o := h.end()
	if o.err != nil {
		t.Fatal(o.err)
	}
	o.want(t, "r", "1", "r2", "nil", "r3", "0")
}

// A script that has not asked for events of its call gets none, and one that does not take
// them gets the first ones.
func TestESLEventsAreAskedForAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
			local con = require("ESL").ESLconnection(7)
			con:execute("playback", "`+prompt+`")
			r = tostring(con:recvEventTimed(1))
			con:events("plain", "all")
			for i = 1, 200 do con:execute("set", "a" .. i .. "=" .. ("x"):rep(2000)) end
			local n = 0
			while con:recvEventTimed(1) do n = n + 1 end
			r2 = tostring(n > 10 and n < 400)`)
		o.want(t, "r", "nil", "r2", "true")
		if n := strings.Count(h.log.dump(), "events are lost, because the script does not take them"); n != 1 {
			t.Errorf("the log says it %d times", n)
		}
	})
}
