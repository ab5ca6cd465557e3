package switchsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
)

// dialplan returns the one that the transcripts were made with.
func dialplan() switchsim.Dialplan {
	act := func(app, data string) switchsim.Action { return switchsim.Action{App: app, Data: data} }
	return switchsim.Dialplan{"default": {
		{Match: "park", Actions: []switchsim.Action{act("answer", ""), act("park", "")}},
		{Match: "wait", Actions: []switchsim.Action{act("answer", ""), act("sleep", "600000")}},
		{Match: "busy", Actions: []switchsim.Action{act("hangup", "USER_BUSY")}},
		{Match: "ring", Actions: []switchsim.Action{act("ring_ready", ""), act("sleep", "60000")}},
		{Match: "7001", Actions: []switchsim.Action{act("conference", "test1"), act("hangup", "")}},
	}}
}

func config() switchsim.Config {
	return switchsim.Config{Hostname: "vm", Dialplan: dialplan(), Heartbeat: -1}
}

// socketTo lets socket_<path> dial the application.
func socketTo(sw *switchsim.Switch, port, words string) {
	sw.SetExtension("default", switchsim.Extension{Match: "^(?:socket|syncsock)_(.*)$",
		Actions: []switchsim.Action{{App: "socket", Data: "127.0.0.1:" + port + "/$1 " + words}}})
}

// originateInto dials a loopback with a given UUID and sends it to an extension.
func originateInto(uuid, vars, exten, words string) func(*testing.T, *switchsim.Switch, string) {
	return func(t *testing.T, sw *switchsim.Switch, port string) {
		socketTo(sw, port, words)
		api(t, sw, fmt.Sprintf("originate {%sorigination_uuid=%s}loopback/park/default %s", vars, uuid, exten))
	}
}

func api(t *testing.T, sw *switchsim.Switch, line string) string {
	t.Helper()
	out := sw.API(line)
	if !strings.HasPrefix(out, "+OK") {
		t.Fatalf("%s: %s", line, out)
	}
	return strings.TrimSuffix(out, "\n")
}

func press(uuid, digits string) func(*testing.T, *switchsim.Switch) {
	return func(t *testing.T, sw *switchsim.Switch) { api(t, sw, "uuid_recv_dtmf "+uuid+" "+digits) }
}

func hangUp(uuid string) func(*testing.T, *switchsim.Switch) {
	return func(t *testing.T, sw *switchsim.Switch) { api(t, sw, "uuid_kill "+uuid+" NORMAL_CLEARING") }
}

func TestReplayAuthFail(t *testing.T) {
	t.Parallel()
	(&replay{name: "inbound-auth-fail", config: config()}).run(t)
}

func TestReplayPipelined(t *testing.T) {
	t.Parallel()
	(&replay{name: "inbound-pipelined", config: config()}).run(t)
}

func TestReplayAsyncFull(t *testing.T) {
	t.Parallel()
	const uuid = "76992de5-44e1-4843-8a86-8fb1e513402d"
	(&replay{
		name: "outbound-async-full", config: config(),
		start: originateInto(uuid, `origination_caller_id_number=4001,origination_caller_id_name='Zoë "Q"',`, "socket_invite", "async full"),
		then:  map[int]func(*testing.T, *switchsim.Switch){25: press(uuid, "12#")},
	}).run(t)
}

func TestReplaySyncFull(t *testing.T) {
	t.Parallel()
	const uuid = "9aa5bb39-cce6-402e-b9b3-277c430511f1"
	(&replay{name: "outbound-sync-full", config: config(), start: originateInto(uuid, "", "syncsock_x", "full")}).run(t)
}

func TestReplayBridge(t *testing.T) {
	t.Parallel()
	const uuid = "6ac221ac-87fd-45d3-85ff-a078a194fc6b"
	(&replay{
		name: "outbound-bridge", config: config(), start: originateInto(uuid, "", "socket_x", "async full"),
		then: map[int]func(*testing.T, *switchsim.Switch){33: func(t *testing.T, sw *switchsim.Switch) {
			leg, ok := sw.Leg(uuid)
			if !ok {
				t.Fatal("no such leg")
			}
			hangUp(leg.Variable("signal_bond"))(t, sw)
		}},
	}).run(t)
}

func TestReplayConference(t *testing.T) {
	t.Parallel()
	const uuid = "1ffee9f9-ccfb-4d18-8355-e3e53dbb54e7"
	(&replay{
		name: "outbound-conference", config: config(), start: originateInto(uuid, "", "socket_x", "async full"),
		then: map[int]func(*testing.T, *switchsim.Switch){12: func(t *testing.T, sw *switchsim.Switch) {
			api(t, sw, "conference test1 kick all")
		}},
	}).run(t)
}

func TestReplayDigits(t *testing.T) {
	t.Parallel()
	const uuid = "dbb54e73-3ddd-489d-8fd7-1bd14bd18929"
	(&replay{
		name: "outbound-digits", config: config(), start: originateInto(uuid, "", "socket_x", "async full"),
		then: map[int]func(*testing.T, *switchsim.Switch){
			12: press(uuid, "4711#"),
			25: press(uuid, "9#"),
		},
	}).run(t)
}

func TestReplayRemoteHangup(t *testing.T) {
	t.Parallel()
	for name, uuid := range map[string]string{
		"outbound-remote-hangup-linger":   "1faf386a-b9df-49c8-82e4-e48fc81a1ff1",
		"outbound-remote-hangup-nolinger": "93695a09-64be-4713-8290-037225b20afe",
	} {
		at := 13
		if strings.HasSuffix(name, "nolinger") {
			at = 11
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Clock = manual() // so that the poll tick never cuts the last events off
			(&replay{
				name: name, config: cfg, start: originateInto(uuid, "", "socket_x", "async full"),
				then: map[int]func(*testing.T, *switchsim.Switch){at: func(t *testing.T, sw *switchsim.Switch) {
					happened(t, sw, uuid, "play", "")
					hangUp(uuid)(t, sw)
				}},
			}).run(t)
		})
	}
}

func inviteBy(uuid string) func(*testing.T, *switchsim.Switch, string) {
	return func(t *testing.T, sw *switchsim.Switch, port string) {
		api(t, sw, fmt.Sprintf("originate {origination_uuid=%s}loopback/park/default '&socket(127.0.0.1:%s/inviteToConf async full)'", uuid, port))
	}
}

func TestReplayInviteDigit(t *testing.T) {
	t.Parallel()
	const uuid = "3317485f-c105-406b-a57d-ea650c0e93d9"
	(&replay{
		name: "invite-dtmf-1", config: config(), start: inviteBy(uuid), interrupted: true,
		then: map[int]func(*testing.T, *switchsim.Switch){
			13: press(uuid, "1"),
			26: kickAll,
		},
	}).run(t)
}

func kickAll(t *testing.T, sw *switchsim.Switch) { api(t, sw, "conference test1 kick all") }

func TestReplayInviteTimeout(t *testing.T) {
	t.Parallel()
	(&replay{name: "invite-timeout", config: config(), start: inviteBy("d7d459d5-a1ea-4853-9696-4038467b2ac1")}).run(t)
}

// phone plays user/1000 of the transcripts: a SIP endpoint that answers at once.
func phone(dial, channel string) switchsim.Config {
	cfg := config()
	cfg.Endpoints = []switchsim.Endpoint{{Dial: dial, Channel: channel}}
	return cfg
}

func keypad(uuid, digits string) func(*testing.T, *switchsim.Switch) {
	return func(t *testing.T, sw *switchsim.Switch) {
		leg, ok := sw.Leg(uuid)
		if !ok {
			t.Fatal("no such leg")
		}
		leg.Press(digits)
	}
}

func TestReplayInviteSIP(t *testing.T) {
	t.Parallel()
	const uuid = "0e986640-c953-4bcb-a41f-8583b0b6b6c8"
	(&replay{
		name: "invite-sip-dtmf-1", config: phone("user/1000", "sofia/internal/phone_1@127.0.0.1:5060"),
		start: func(t *testing.T, sw *switchsim.Switch, port string) {
			api(t, sw, fmt.Sprintf("originate {origination_uuid=%s}user/1000 '&socket(127.0.0.1:%s/inviteToConf async full)'", uuid, port))
		},
		then: map[int]func(*testing.T, *switchsim.Switch){10: keypad(uuid, "1"), 21: kickAll},
	}).run(t)
}

func onAnswer(uuid, user string) func(*testing.T, *switchsim.Switch, string) {
	return func(t *testing.T, sw *switchsim.Switch, port string) {
		go sw.API(fmt.Sprintf("originate {origination_uuid=%s,execute_on_answer='socket 127.0.0.1:%s/inviteToConf async full'}user/%s &park()", uuid, port, user))
	}
}

// handOver lets originate look for the answer, once the first playback runs and
// the hangup is scheduled.
func handOver(clk *clock.Manual, uuid string, hangup time.Duration) func(*testing.T, *switchsim.Switch) {
	return func(t *testing.T, sw *switchsim.Switch) {
		happened(t, sw, uuid, "execute", "playback")
		clk.WaitForTimer(20 * time.Millisecond)
		clk.WaitForTimer(hangup)
		clk.Advance(20 * time.Millisecond)
	}
}

func TestReplayInviteSIPOnAnswer(t *testing.T) {
	t.Parallel()
	const uuid = "b7eaea6f-5b6c-49d1-b7bd-da3c58e8fd85"
	clk := manual()
	cfg := phone("user/1000", "sofia/internal/phone_1@127.0.0.1:5060")
	cfg.Clock = clk
	(&replay{
		handedOver: true, name: "invite-sip-onanswer-dtmf-1", config: cfg, start: onAnswer(uuid, "1000"),
		then: map[int]func(*testing.T, *switchsim.Switch){10: handOver(clk, uuid, time.Minute), 18: keypad(uuid, "1"), 28: kickAll},
	}).run(t)
}

func TestReplayInviteSIPTimeout(t *testing.T) {
	t.Parallel()
	const uuid = "519e3f10-a26f-4639-8c12-7fb61e57b699"
	clk := manual()
	cfg := phone("user/2000", "sofia/internal/phonesilent@127.0.0.1:5060")
	cfg.Clock = clk
	(&replay{
		handedOver: true, name: "invite-sip-timeout", config: cfg, start: onAnswer(uuid, "2000"),
		then: map[int]func(*testing.T, *switchsim.Switch){
			10: handOver(clk, uuid, 3*time.Second),
			18: func(*testing.T, *switchsim.Switch) {
				clk.WaitForTimer(2980 * time.Millisecond)
				clk.Advance(3 * time.Second)
			},
		},
	}).run(t)
}

func TestReplayXML(t *testing.T) {
	t.Parallel()
	(&replay{
		name: "inbound-xml", config: config(),
		then: map[int]func(*testing.T, *switchsim.Switch){4: func(t *testing.T, sw *switchsim.Switch) {
			api(t, sw, "originate loopback/wait/default &park()")
		}, 6: func(t *testing.T, sw *switchsim.Switch) {
			api(t, sw, "originate loopback/wait/default &park()")
		}},
	}).run(t)
}

func TestReplayControl(t *testing.T) {
	t.Parallel()
	(&replay{
		name: "inbound-control", config: config(),
		then: map[int]func(*testing.T, *switchsim.Switch){79: func(t *testing.T, sw *switchsim.Switch) {
			api(t, sw, "hupall")
		}},
	}).run(t)
}

func TestReplayEventsAll(t *testing.T) {
	t.Parallel()
	const older = "2fb3c091-4f03-4c28-b6ec-f0d6981c3112"
	var newer string
	run := func(line string) func(*testing.T, *switchsim.Switch) {
		return func(_ *testing.T, sw *switchsim.Switch) { sw.API(strings.ReplaceAll(line, "$newer", newer)) }
	}
	(&replay{
		name: "inbound-events-all", config: config(),
		start: func(t *testing.T, sw *switchsim.Switch, _ string) {
			api(t, sw, "originate {origination_uuid="+older+"}loopback/wait/default &park()")
			happened(t, sw, older, "execute", "park")
			happened(t, sw, "", "execute", "sleep") // its other half
		},
		// The older call was hung up just before the subscription, which
		// therefore hears of all but its CHANNEL_HANGUPs.
		ignore: func(p *packet) bool {
			return p.get("Event-Name") == "CHANNEL_HANGUP" && p.get("Hangup-Cause") == "MANAGER_REQUEST"
		},
		then: map[int]func(*testing.T, *switchsim.Switch){
			4: func(t *testing.T, sw *switchsim.Switch) {
				newer = strings.TrimPrefix(api(t, sw, "originate loopback/wait/default &park()"), "+OK ")
			},
			31: run("uuid_send_dtmf $newer 55"),
			32: func(t *testing.T, sw *switchsim.Switch) {
				leg, _ := sw.Leg(older)
				leg.Hangup("MANAGER_REQUEST")
			},
			64: run("uuid_recv_dtmf $newer 7"),
			65: run("uuid_setvar $newer a b"),
			66: run("uuid_kill $newer"),
		},
	}).run(t)
}
