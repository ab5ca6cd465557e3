package grant

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	mine  = "6d1ddfa2-0000-4000-8000-000000000001"
	leg   = "6d1ddfa2-0000-4000-8000-000000000002"
	other = "6d1ddfa2-0000-4000-8000-00000000000f"
)

func ownGrants() *Grants {
	g := Default()
	g.Mine = new(Channels)
	g.Mine.Add(mine)
	g.Mine.Add(strings.ToUpper(leg))
	return &g
}

// What names a channel needs a grant for a channel that is not the script's own.
func TestOtherChannelsNeedAGrant(t *testing.T) {
	for _, use := range []struct{ how, text, name string }{
		{"api", "uuid_kill UUID", "uuid_kill"},
		{"api", "uuid_kill 'UUID'", "uuid_kill"},
		{"var", "bridge_uuid=UUID", "variable bridge_uuid"},
		{"api", "Uuid_Kill UUID USER_BUSY", "uuid_kill"},
		{"api", "uuid_setvar UUID a b", "uuid_setvar"},
		{"api", "uuid_hold off UUID", "uuid_hold"},
		{"api", "uuid_hold UUID", "uuid_hold"},
		{"api", "uuid_media off UUID", "uuid_media"},
		{"api", "uuid_bridge " + mine + " UUID", "uuid_bridge"},
		{"api", "uuid_bridge UUID " + mine, "uuid_bridge"},
		{"api", "uuid_bridge " + mine + " " + leg + " UUID", "uuid_bridge"},
		{"api", "sched_hangup +5 UUID", "sched_hangup"},
		{"api", "sched_transfer +5 UUID 9000", "sched_transfer"},
		{"api", "sched_broadcast +5 UUID a.wav", "sched_broadcast"},
		{"api", "sched_del UUID", "sched_del"},
		{"api", "tone_detect UUID k 1000", "tone_detect"},
		{"api", "break UUID", "break"},
		{"api", "bgapi uuid_kill UUID", "uuid_kill"},
		{"api", "sched_api +5 none uuid_kill UUID", "uuid_kill"},
		{"api", "eval ${uuid_kill(UUID)}", "uuid_kill"},
		{"api", `json {"command":"execute","data":{"uuid":"UUID","app":"answer"}}`, "json"},
		{"app", "eavesdrop|UUID", "eavesdrop"},
		{"app", "intercept|-bleg UUID", "intercept"},
		{"app", "three_way|UUID", "three_way"},
		{"app", "sched_cancel|UUID", "sched_cancel"},
		{"app", "transfer|'set:a=b,intercept:UUID' inline", "intercept"},
		{"var", "api_on_answer=uuid_kill UUID", "uuid_kill"},
		{"var", "signal_bond=UUID", "variable signal_bond"},
		{"var", "xfer_uuids=" + mine + " UUID", "uuid_bridge"},
		{"var", "spy_uuid=UUID", "variable spy_uuid"},
		{"app", "intercept|${empty} UUID", "intercept"},
		{"app", "eavesdrop|${empty}UUID", "eavesdrop"},
		{"api", "expand sched_hangup +1 ${empty} UUID", "sched_hangup"},
		{"api", "expand uuid_setvar ${empty} UUID x", "uuid_setvar"},
		{"app", "multiset|^^:a=${colon}_uuid=UUID", "variable bridge_uuid"},
		{"dial", "{api_on_answer='uuid_kill UUID'}user/1", "uuid_kill"},
	} {
		for uuid, owned := range map[string]bool{mine: true, strings.ToUpper(mine): true, leg: true, other: false, "none": false} {
			err := ask(ownGrants(), use.how, strings.ReplaceAll(use.text, "UUID", uuid))
			var refused *RefusedError
			switch {
			case owned && err != nil:
				t.Errorf("%s %s: %v", use.how, use.text, err)
			case !owned && (!errors.As(err, &refused) || refused.Name != use.name || !strings.EqualFold(refused.Channel, uuid)):
				t.Errorf("%s %s: %v", use.how, use.text, err)
			}
		}
		g := ownGrants()
		g.API.Allow, g.Apps.Allow = []Name{Name(use.name)}, []Name{Name(use.name)}
		if err := ask(g, use.how, strings.ReplaceAll(use.text, "UUID", other)); err != nil {
			t.Errorf("%s is granted: %s %s: %v", use.name, use.how, use.text, err)
		}
		g = ownGrants()
		g.Mine.Learn(other)
		if err := ask(g, use.how, strings.ReplaceAll(use.text, "UUID", other)); err != nil {
			t.Errorf("%s is known: %s %s: %v", other, use.how, use.text, err)
		}
	}
	for _, text := range []string{"uuid_getvar " + other + " a", "uuid_exists " + other, "uuid_dump " + other, "show channels", "uuid_kill ${uuid}",
		"sched_hangup +5 ${uuid}", "uuid_kill", "eval uuid:" + other + " ${a}"} {
		if err := ask(ownGrants(), "api", text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if ownGrants().CheckVariable("bridge_uuid", "'"+other) == nil {
		t.Error("a quote hides the channel of another call")
	}
	for _, text := range []string{"uuid_kill ${x}", "uuid_kill ${uuid}x", "eavesdrop all"} {
		command, arg, _ := strings.Cut(text, " ")
		if ownGrants().CheckAPI(text) == nil && ownGrants().CheckApp(command, arg) == nil {
			t.Errorf("%s passes", text)
		}
	}
}

func TestChannelsAreLearnedFromAnswers(t *testing.T) {
	g := ownGrants()
	for _, a := range []struct{ line, answer, learned string }{
		{"create_uuid", "u-1\n", "u-1"},
		{" CREATE_UUID ", "u-2", "u-2"},
		{"originate user/1 &park", "+OK u-3\n", "u-3"},
		{"sched_api +1 none status", "+OK Added: 17\n", "17"},
		{"originate user/1 &park", "-ERR NO_ANSWER\n", ""},
		{"show channels", "u-4\n", ""},
		{"uuid_getvar x y", "u-5", ""},
	} {
		g.Answered(a.line, a.answer)
		if a.learned != "" && !g.Mine.Has(a.learned) {
			t.Errorf("%s: %q is not known", a.line, a.learned)
		}
	}
	for _, unknown := range []string{"u-4", "u-5", "-ERR NO_ANSWER", "", "NO_ANSWER"} {
		if g.Mine.Has(unknown) {
			t.Errorf("%q is known", unknown)
		}
	}
	for i := range 1000 {
		g.Answered("create_uuid", fmt.Sprint("later-", i))
	}
	if g.Mine.Has("u-1") || !g.Mine.Has("later-999") || !g.Mine.Has(mine) {
		t.Error("it keeps too much, or forgets the script's own call")
	}
	(&Grants{}).Answered("create_uuid", "x") // no run, nothing to learn
}

func TestEvents(t *testing.T) {
	g := Default()
	for _, e := range []struct {
		name    string
		headers [][2]string
		refused string
	}{
		{"CUSTOM", [][2]string{{"Event-Subclass", "a::b"}}, ""},
		{"MESSAGE_WAITING", nil, ""},
		{"PRESENCE_IN", nil, ""},
		{"CUSTOM", [][2]string{{"Event-Subclass", "SMS::SEND_MESSAGE"}, {"dest_proto", "sip"}, {"to", "a@b"}}, ""},
		{"RELOADXML", nil, "event reloadxml"},
		{"NOTIFY", [][2]string{{"event-string", "check-sync"}}, "event notify"},
		{"shutdown", nil, "event shutdown"},
		{"CALL_SETUP_REQ", nil, "event call_setup_req"},
		{"CHANNEL_DESTROY", nil, "event channel_destroy"},
		{"CUSTOM", [][2]string{{"event-name", "SHUTDOWN"}}, "event shutdown"},
		{"CUSTOM", [][2]string{{"event-subclass", "Multicast::Event"}}, "event multicast::event"},
		{"CUSTOM", [][2]string{{"Event-Subclass", "sms::send_message"}, {"DEST_PROTO", "API"}, {"to", "system%20ls"}}, "chat api"},
		{"CUSTOM", [][2]string{{"Event-Subclass", "sms::send_message"}, {"dest_proto", "mine"}}, "chat mine"},
		{"CUSTOM", [][2]string{{"Event-Subclass", "sms::send_message"}, {"dest_proto", "api"}, {"dest_proto", "sip"}}, "CUSTOM"},
		{"CUSTOM", [][2]string{{"Event-Subclass", "a::b"}, {"Event-Subclass", "a::b"}}, ""},
	} {
		err := g.CheckEvent(e.name, e.headers, "")
		var refused *RefusedError
		if (err != nil) != (e.refused != "") || errors.As(err, &refused) && refused.Name != e.refused {
			t.Errorf("%s %v: %v", e.name, e.headers, err)
		}
		all := Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
		if err := all.CheckEvent(e.name, e.headers, ""); err != nil {
			t.Errorf("%s %v: %v", e.name, e.headers, err)
		}
	}
}

// A grant is for what it names. What is inside is checked against the same grants.
func TestAGrantIsNoGrantForWhatIsInside(t *testing.T) {
	for _, use := range []struct{ how, text string }{
		{"api", "uuid_limit 1 hash r x 0 'set:a=b,park' inline"},
		{"api", "sched_api +1 none status"},
		{"api", "conference c transfer ',park:x' 1"},
		{"api", "bgapi status"},
		{"api", "alias add x status"},
		{"api", "uuid_broadcast 1 park::"},
		{"api", "originate user/1 &park"},
		{"api", `json {"command":"fsapi","data":{"cmd":"status"}}`},
		{"api", "uuid_setvar 1 api_hangup_hook status"},
		{"app", "limit_execute|hash a b 5 park x"},
		{"app", "set|a=${status}x${status x}"},
		{"app", "capture|api_hangup_hook|status|.*"},
		{"app", "valet_park|lot,park:x 1"},
		{"app", "bridge|{execute_on_answer=park}user/1"},
		{"app", "bind_digit_action|r,1,api:status"},
	} {
		command, _, _ := strings.Cut(strings.Replace(use.text, "|", " ", 1), " ")
		g := Grants{API: Rule{Only: []Name{Name(command)}}, Apps: Rule{Only: []Name{Name(command)}}, FireEvents: true}
		if err := ask(&g, use.how, use.text); err == nil {
			t.Errorf("only: [%s]: %s %s passes", command, use.how, use.text)
		}
	}
}

// A flow may act on the channels that its arguments name: a script hands its call to no
// flow with another's channel among them.
func TestNoFlowIsHandedAnotherChannel(t *testing.T) {
	g := ownGrants()
	g.Own = []string{"127.0.0.1:8084"}
	for _, use := range []string{"app|socket|127.0.0.1:8084/flow/UUID async full", "app|socket|127.0.0.1:8084|127.0.0.1:8084/flow/a/%36UUID async full",
		"api|originate user/1 '&socket(127.0.0.1:8084/flow/UUID async full)'"} {
		how, text, _ := strings.Cut(use, "|")
		for uuid, owned := range map[string]bool{mine: true, other: false, "sales": true} {
			if strings.Contains(text, "%36") && uuid != "sales" { // the first digit, encoded
				uuid = uuid[1:]
			}
			err := ask(g, how, strings.ReplaceAll(text, "UUID", uuid))
			var refused *RefusedError
			if owned && err != nil || !owned && (!errors.As(err, &refused) || refused.Name != "socket") {
				t.Errorf("%s with %s: %v", text, uuid, err)
			}
		}
	}
}

// A channel's uuid may be a SIP Call-ID (inbound-use-callid-as-uuid).
func TestACallIDIsTheScriptsOwn(t *testing.T) {
	for _, id := range []string{"3f1@192.0.2.1", "we{ird}%41-%20x\"q@192.0.2.1", "a,b;c|d@x", "back\\slash", "x(y)@z", "[2001:db8::1]/x"} {
		g := Default()
		g.Mine = new(Channels)
		g.Mine.Add(id)
		for _, line := range []string{"uuid_setvar " + id + " a b", "uuid_kill " + id, "sched_hangup +5 " + id, "uuid_broadcast " + id + " a.wav aleg"} {
			if err := g.CheckAPI(line); err != nil && id != "back\\slash" { // most commands read an escape there
				t.Errorf("%s: %v", line, err)
			}
			for _, another := range []string{"x" + id, id + "x", id[:len(id)-1], mine + "@192.0.2.1"} {
				if line := strings.Replace(line, id, another, 1); g.CheckAPI(line) == nil {
					t.Errorf("%s is permitted", line)
				}
			}
		}
	}
}

// FreeSWITCH takes the path of an application socket that has none from a variable.
func TestAPathInAVariableNamesNoOtherChannel(t *testing.T) {
	for _, use := range []struct{ how, text string }{
		{"var", "socket_path=flow/UUID"}, {"app", "set|socket_path=flow/UUID"}, {"app", "export|nolocal:socket_path=flow/UUID"},
		{"dial", "{socket_path=flow/UUID}null/x"}, {"api", "originate {a=b,socket_path=flow/UUID}null/x &park"},
	} {
		for uuid, owned := range map[string]bool{mine: true, other: false, strings.ReplaceAll(other, "-", "%2D"): false} {
			err := ask(ownGrants(), use.how, strings.ReplaceAll(use.text, "UUID", uuid))
			var refused *RefusedError
			if owned && err != nil || !owned && (!errors.As(err, &refused) || refused.Name != "socket") {
				t.Errorf("%s %s with %s: %v", use.how, use.text, uuid, err)
			}
		}
	}
}
