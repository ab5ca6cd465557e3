package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/google/uuid"
)

// Outcomes for a call whose host is killed. Checkpoints rely on them. They are
// tested in each stage of a call, with socket_resume=true in its dialplan and
// without, on the simulator and, with ESLUA_LIVE, on a real FreeSWITCH.
const (
	// The running application is broken off, and the dialplan's next action runs
	// within some 20 ms.
	atOnce = "goes on at once"
	// The running application continues to its end, and then the dialplan does.
	afterwards = "goes on afterwards"
	// Only a hangup ends this state.
	never = "stays"
)

var deaths = []struct {
	stage   string
	sends   string // the host's commands, %s is the uuid; none: it dies before `connect`
	begins  string // the application that must have begun before the host dies
	release string // the API command that ends that application; default uuid_break
	resume  string // the outcome with socket_resume=true
	without string
}{
	// FreeSWITCH waits for connect; with nothing to release its park, it begins
	// that all the same (mod_event_socket.c:socket_function). Shortly after connect
	// it is a race.
	{stage: "the connection is accepted", resume: atOnce, without: never},
	// Without socket_resume FreeSWITCH 1.11 leaves one in four parked, if the
	// connection ends just as an application does.
	{stage: "between two commands", sends: order("set", "a=b"), begins: "set", resume: atOnce, without: atOnce + " or " + never},
	{stage: "playback", sends: order("playback", "tone_stream://%%(20000,0,440)"), begins: "playback", resume: atOnce, without: afterwards},
	{stage: "read", sends: order("read", "1 1 tone_stream://%%(20000,0,440) d 20000 #"), begins: "read", release: "uuid_recv_dtmf %s 1", resume: atOnce, without: afterwards},
	{stage: "sleep", sends: order("sleep", "20000"), begins: "sleep", resume: atOnce, without: afterwards},
	// The B leg is hung up with NORMAL_CLEARING. A flow whose talks
	// should outlive it transfers the call to them.
	{
		stage: "bridge", sends: order("bridge", "{origination_uuid=%[1]s-b}loopback/m:^:answer^park/default/inline"), begins: "bridge",
		release: "uuid_kill %s-b", resume: atOnce, without: afterwards,
	},
	{
		stage: "conference", sends: order("conference", "%[1]s@default"), begins: "conference",
		release: "conference %s kick all", resume: atOnce, without: afterwards,
	},
	// The listener that ends resets the channel, and nothing in the new
	// extension takes it out of CS_RESET again: outbound unsets socket_resume first.
	{stage: "transferred elsewhere", sends: "api uuid_transfer %s " + transferred, begins: "playback", resume: never, without: afterwards},
	{stage: "transferred elsewhere, socket_resume unset before", sends: "api uuid_setvar %[1]s socket_resume\n\napi uuid_transfer %[1]s " + transferred, begins: "playback", resume: afterwards, without: afterwards},
	{stage: "transferred elsewhere, FreeSWITCH unsets socket_resume", sends: "api uuid_setvar %[1]s execute_on_blind_transfer_eslua unset socket_resume\n\napi uuid_transfer %[1]s " + transferred, begins: "playback", resume: afterwards, without: afterwards},
}

const transferred = "m:^:playback:tone_stream://%%(20000,0,440)^set:next=yes^hangup:NO_ANSWER inline\n\n"

func order(app, arg string) string {
	return "sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\nexecute-app-arg: " + arg + "\nevent-lock: true\n\n"
}

func TestWhatBecomesOfACallWhoseHostDies(t *testing.T) {
	t.Parallel()
	runDeaths(t, func(t *testing.T, play func(*testing.T, ground)) {
		testproc.Bubble(t, func(t *testing.T) { play(t, groundInBubble(t, switchsim.Config{})) })
	})
}

func TestLiveWhatBecomesOfACallWhoseHostDies(t *testing.T) {
	address, password := livetest.Address(t)
	runDeaths(t, func(t *testing.T, play func(*testing.T, ground)) { play(t, liveGround(t, address, password)) })
}

func runDeaths(t *testing.T, where func(t *testing.T, play func(*testing.T, ground))) {
	for _, d := range deaths {
		for set, want := range map[string]string{"set:socket_resume=true^": d.resume, "": d.without} {
			t.Run(d.stage+"/"+cmp.Or(strings.Trim(set, "^"), "without"), func(t *testing.T) {
				t.Parallel()
				where(t, func(t *testing.T, g ground) {
					v := &vigil{T: t, ground: g, id: uuid.NewString()}
					if got := v.watch(set, d.sends, d.begins, cmp.Or(d.release, "uuid_break %s")); !strings.Contains(want, got) {
						t.Errorf("the call %s, want: %s", got, want)
					}
				})
			})
		}
	}
}

// A vigil watches one call.
type vigil struct {
	*testing.T
	ground
	id string
}

func (v *vigil) watch(set, sends, begins, release string) string {
	ctx := v.ctx
	subscribe, err := esl.Subscribe("plain", "CHANNEL_EXECUTE")
	v.sw.do(ctx, v.T, subscribe, err)
	l := v.open()
	defer l.Close()
	if _, err := v.sw.conn.StartJob(fmt.Sprintf("originate {origination_uuid=%s}loopback/m:^:sleep:100^answer^park/default/inline 'm:^:%ssocket:%s/x async full^set:next=yes^hangup:NO_ANSWER' inline",
		v.id, set, l.Addr())); err != nil {
		v.Fatal(err)
	}
	host, err := l.Accept()
	if err != nil {
		v.Fatal(err)
	}
	if sends != "" {
		v.serve(host, strings.Count(sends, "\n\n"), fmt.Sprintf(strings.ReplaceAll(sends, "%s", "%[1]s"), v.id))
	}
	if begins != "" {
		if tcp, ok := host.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what kill -9 does to a connection with something unread
		}
		v.until(func(app, data string) bool { return app == begins && !strings.HasPrefix(data, "socket_resume") })
	}
	_ = host.Close()
	defer v.sw.api(context.WithoutCancel(ctx), v.T, "uuid_kill "+v.id)
	switch {
	case v.nextWithin():
		return atOnce
	case v.sw.api(ctx, v.T, strings.ReplaceAll(release, "%s", v.id)) != "" && v.nextWithin():
		return afterwards
	}
	return never
}

// serve sends what a host sends, and waits for the answers.
func (v *vigil) serve(host net.Conn, commands int, sends string) {
	if _, err := host.Write([]byte("connect\n\n" + sends)); err != nil {
		v.Fatal(err)
	}
	answers := 0
	for r := bufio.NewReader(host); answers <= commands; {
		line, err := r.ReadString('\n')
		if err != nil {
			v.Fatal(err)
		}
		if strings.HasPrefix(line, "Content-Type: command/reply") || strings.HasPrefix(line, "Content-Type: api/response") {
			answers++
		}
	}
}

// nextWithin reports whether the dialplan's next action begins before another call,
// the witness, has slept for as long as "at once" may take.
func (v *vigil) nextWithin() (next bool) {
	if _, err := v.sw.conn.StartJob(fmt.Sprintf("originate loopback/m:^:answer^sleep:700^set:witness=%s^hangup/default/inline &park()", v.id)); err != nil {
		v.Fatal(err)
	}
	v.until(func(app, data string) bool {
		next = data == "next=yes"
		return next || data == "witness="+v.id
	})
	return next
}

// until waits for an application of the call, or of the witness.
func (v *vigil) until(want func(app, data string) bool) {
	for {
		e, err := v.sw.conn.Next(v.ctx)
		if err != nil {
			v.Fatal("nothing more is told: ", err)
		}
		data := e.Get("Application-Data")
		if e.Name() == "CHANNEL_EXECUTE" && (e.Get("Unique-ID") == v.id || strings.HasPrefix(data, "witness=")) && want(e.Get("Application"), data) {
			return
		}
	}
}
