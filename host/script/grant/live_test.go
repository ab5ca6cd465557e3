package grant

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/google/uuid"
)

// Each form is a way to reach a command from a text, tried on a real
// FreeSWITCH. API stands for the command global_setvar, which the test denies,
// APP and DATA for the application set_global, likewise; UUID for a call.
// What FreeSWITCH sets is the proof that it really went there.
var forms = []struct{ how, text string }{
	{"api", "API"},
	{"api", "bgapi API"},
	{"api", "bgapi uuid:6d1ddfa2-0000-4000-8000-000000000001 API"},
	{"api", "expand API"},
	{"api", "expand bgapi API"},
	{"api", "xml_wrap API"},
	{"api", "xml_wrap encoded API"},
	{"api", "sched_api +1 none API"},
	{"api", "sched_api +1 none API&"},
	{"api", "sched_api +1  API"},
	{"api", "eval ${API}"},
	{"api", "eval $${API}"},
	{"api", "eval ${global_setvar(DATA)}"},
	{"api", "eval uuid:UUID ${API}"},
	{"api", "eval ${expr(1+${global_setvar(DATA)})}"},
	{"api", "eval ${bgapi(API)}"},
	{"api", "eval ${cond(1 == 1 ? ${global_setvar(DATA)} : b)}"},
	{"api", "expand eval \\${API}"},
	{"api", `json {"command":"fsapi","data":{"cmd":"global_setvar","arg":"DATA"}}`},
	{"api", `json {"command":"fsapi","Data":{"CMD":"glob\u0061l_setvar","arg":"DATA"}}`},
	{"app", `eval|${json({"command":"fsapi","data":{"cmd":"glob\u0061l_setvar","arg":"DATA"}})}`},
	{"api", `json {"command":"execute","data":{"uuid":"UUID","app":"APP","arg":"DATA"}}`},
	{"api", "uuid_transfer UUID APP:DATA,sleep:1500 inline"},
	{"api", "uuid_transfer UUID 'm:^:log:INFO x^APP:DATA^sleep:1500' inline"},
	{"api", "uuid_transfer UUID 'log:INFO a b,APP:DATA,sleep:1500' inline"},
	{"api", "uuid_transfer UUID 9000 inline:APP:DATA"},
	{"api", "uuid_transfer UUID 9000 'directory,inline:APP:DATA'"},
	{"api", "uuid_transfer UUID 9000 ${global_setvar(DATA)}"},
	{"api", "uuid_dual_transfer UUID APP:DATA,sleep:1500/inline sleep:1500/inline"},
	{"api", "sched_transfer +1 UUID APP:DATA,sleep:1500 inline"},
	{"api", "uuid_broadcast UUID APP::DATA"},
	{"api", "uuid_broadcast UUID APP!normal_clearing::DATA"},
	{"api", "sched_broadcast +1 UUID APP::DATA"},
	{"api", "uuid_broadcast UUID eval::${global_setvar(DATA)}"},
	{"api", "originate null/park &APP(DATA)"},
	{"api", "originate null/park APP:DATA,sleep:1500 inline"},
	{"api", "originate null/park sleep inline:APP:DATA"},
	{"dial", "{execute_on_answer=APP:DATA}null/park"},
	{"dial", "{execute_on_answer=APP::DATA}null/park"},
	{"dial", "{execute_on_answer='APP DATA'}null/park"},
	{"dial", "{exec'ute_on'_answer=\\'APP DATA\\'}null/park"},
	{"dial", "{^^:a=b:execute_on_answer=APP DATA}null/park"},
	{"dial", "{^^Qa=bQexecute_on_answer=APP DATAQc=d}null/park"},
	{"dial", "{execute_on_answer_x=APP DATA}null/park"},
	{"dial", "{execute_on_answer[0]=APP DATA}null/park"},
	{"dial", "{execute_on_answer=ARRAY::log INFO a|:APP DATA}null/park"},
	{"dial", "{execute_on_answer='transfer \\\\\\'log:INFO x,APP:DATA,sleep:1500\\\\\\' inline'}null/park"},
	{"dial", "<execute_on_answer=APP DATA>null/park"},
	{"dial", "<execute_on_answer=APP DATA>null/park:_:null/park"},
	{"dial", "[execute_on_answer=APP DATA]null/park"},
	{"dial", "error/user_busy|[^^:a=b:execute_on_answer=APP DATA]null/park"},
	{"dial", "{api_on_answer='API'}null/park"},
	{"dial", "{api_on_answer='bgapi API'}null/park"},
	{"dial", "{api_on_answer='uuid_broadcast \\'UUID\\' APP::DATA'}null/park"},
	{"dial", "{api_hangup_hook='API',execute_on_answer='hangup'}null/park"},
	{"dial", "{api_hangup_hook=global_setvar::DATA,execute_on_answer=hangup}null/park"},
	{"dial", "{api_reporting_hook='API',execute_on_answer=hangup}null/park"},
	{"dial", "{group_confirm_key=exec,group_confirm_file=APP DATA}null/park"},
	{"dial", "loopback/app=APP:DATA"},
	{"dial", "loopback/APP:DATA/default/inline"},
	{"dial", "loopback/answer\\,APP:DATA\\,sleep:1500/default/inline"},
	{"dial", "loopback/m:^:answer^APP:DATA^sleep:1500/default/inline"},
	{"dial", "loopback/park/default/inline:APP:DATA"},
	{"app", "eval|${API}"},
	{"app", "log|INFO ${API}"},
	{"app", `log|INFO \\${API}`},
	{"app", `log|INFO ${uuid}\${API}`},
	{"app", `eval|${${nope}global_setvar(DATA)}`},
	{"app", `set|a=\${API}`},
	{"app", "bridge|{a=${API}}null/x"},
	{"app", "bridge|{execute_on_answer='APP DATA'}null/park"},
	{"app", "transfer|APP:DATA,sleep:1500 inline"},
	{"app", "transfer|%[a=b]APP:DATA,sleep:1500 inline"},
	{"app", "execute_extension|APP:DATA inline"},
	{"app", "sched_transfer|+1 APP:DATA,sleep:1500 inline"},
	{"app", "sched_broadcast|+1 APP::DATA"},
	{"app", "broadcast|APP::DATA aleg"},
	{"app", "limit|hash eslua probe 0 APP:DATA,sleep:1500 inline"},
	{"app", "limit_execute|hash eslua probe 2 APP DATA"},
	{"app", "limit_execute|hash 'eslua probe' a 2 APP DATA"},
	{"app", "play_and_get_digits|1 1 1 1000 # silence_stream://10 silence_stream://10 v \\d 100 'APP:DATA,sleep:1500 inline'"},
	{"app", "APP::DATA|"},
}

// live is the FreeSWITCH that ESLUA_LIVE names.
type live struct {
	*livetest.Conn
	t *testing.T
}

func dialLive(t *testing.T) *live { return &live{livetest.Dial(t, 20*time.Minute), t} }

// call originates and parks a call of our own.
func (l *live) call() string {
	id := uuid.NewString()
	if out := l.API("originate {origination_uuid=" + id + "}null/park &park()"); !strings.HasPrefix(out, "+OK") {
		l.t.Fatalf("no call to try on: %s", out)
	}
	l.t.Cleanup(func() { l.API("uuid_kill " + id) })
	return id
}

// becomes asks for a global variable until it is set, or for three seconds.
func (l *live) becomes(name, want string) bool {
	for range 60 {
		if l.API("global_getvar "+name) == want {
			return true
		}
		l.API("msleep 50")
	}
	return false
}

func TestLiveFreeSWITCHGoesWhereTheCheckSays(t *testing.T) {
	l := dialLive(t)
	g := Grants{API: Rule{Deny: []Name{"global_setvar"}}, Apps: Rule{Deny: []Name{"set_global"}}, FireEvents: true}
	for i, f := range forms {
		name := fmt.Sprintf("eslua_probe_%d", i)
		fill := strings.NewReplacer("API", "global_setvar "+name+"=yes", "APP", "set_global", "DATA", name+"=yes")
		text := fill.Replace(f.text)
		id := "none"
		if f.how == "app" || strings.Contains(text, "UUID") {
			id = l.call()
			text = strings.ReplaceAll(text, "UUID", id)
		}
		l.API("global_setvar " + name + "=no")
		switch f.how {
		case "api":
			l.API(text)
		case "dial":
			l.API("bgapi originate '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "' sleep:1500 inline default eslua eslua 5")
		case "app":
			app, data, _ := strings.Cut(text, "|")
			l.Do(esl.Execute(esl.ExecuteOptions{App: app, Arg: data, UUID: id}))
		}
		if !l.becomes(name, "yes") {
			t.Errorf("%s %s: FreeSWITCH did not go there; the table says it does", f.how, text)
		}
		var refused *RefusedError
		if err := ask(&g, f.how, text); !errors.As(err, &refused) {
			t.Errorf("%s %s: FreeSWITCH runs what is denied, and it passes", f.how, text)
		}
		l.API("global_setvar " + name)
	}
}

// The conference of other people is as it was after everything that the default
// grants permit, and is not when they are granted more.
func TestLiveAStrangersConferenceSurvives(t *testing.T) {
	l := dialLive(t)
	room := "eslua " + uuid.NewString()
	quoted := "'" + room + "'"
	l.API("originate loopback/app=park 'm:^:conference:" + room + "@default' inline")
	list := func() string { return strings.Replace(l.API("conference "+quoted+" list"), "|floor", "", 1) } // which it gets by itself
	for range 60 {
		if strings.Contains(list(), "hear|speak") {
			break
		}
		l.API("msleep 50")
	}
	before := list()
	if !strings.Contains(before, "hear|speak") {
		t.Fatalf("no conference to try on: %s", before)
	}
	commands := strings.Split(l.API("conference"), "\n") // "<conf name> hup <[member_id|all...]>"
	sent, refused := 0, 0
	for _, line := range commands {
		command, ok := strings.CutPrefix(line, "<conf name> ")
		if !ok {
			continue
		}
		command, _, _ = strings.Cut(command, " ")
		for _, target := range []string{"", "all", "last", "non_moderator", "1", "on", "x y"} {
			for _, form := range []string{"conference ROOM COMMAND", "CONFERENCE ROOM 'COMMAND'", `conference ROOM \COMMAND`, "expand conference ROOM COMMAND", "eval ${conference(ROOM COMMAND)}"} {
				text := strings.TrimSpace(strings.NewReplacer("ROOM", quoted, "COMMAND", command).Replace(strings.TrimSuffix(form, ")}")) + " " + target)
				if strings.HasSuffix(form, ")}") {
					text += ")}"
				}
				if ownGrants().CheckAPI(text) != nil {
					refused++
					continue
				}
				l.API(text)
				sent++
			}
		}
		if after := list(); after != before {
			t.Fatalf("after %s the conference is\n%s, it was\n%s", command, after, before)
		}
	}
	if sent < 50 || refused < 500 {
		t.Errorf("%d sent, %d refused", sent, refused)
	}
	granted := ownGrants()
	granted.API.Allow = []Name{"conference"}
	end := "conference " + quoted + " hup all"
	if err := granted.CheckAPI(end); err != nil {
		t.Error(err)
	}
	l.API(end)
	for range 60 {
		if strings.Contains(list(), "not found") {
			return
		}
		l.API("msleep 50")
	}
	t.Errorf("who is granted it cannot end a conference: %s", list())
}

// strangerWays reach another channel by a text that FreeSWITCH would put together.
var strangerWays = []string{
	"api expand sched_hangup +0 ${nothing} STRANGER",
	"api expand uuid_setvar ${nothing} STRANGER eslua_mark x",
	"var x=STRANGER\napi expand uuid:UUID uuid_kill ${variable_x}",
	"var x=kill\napi expand uuid:UUID bgapi uuid_${variable_x} STRANGER",
	"var x=STRANGER\napp eval|${uuid_kill(${x})}",
	"app log|INFO ${expand(uuid_kill ${nothing}STRANGER)}",
	"app intercept|${nothing} STRANGER",
	"var x=1:bridge\napp multiset|^^:a=${x}_uuid=STRANGER\napp intercept|${bridge_uuid}",
}

// The call of other people is as it was after all that a script may do without a grant,
// and is not when the script is granted more.
func TestLiveAStrangersCallSurvives(t *testing.T) {
	p := newShellTries(t)
	t.Cleanup(p.hangup)
	for _, way := range strangerWays {
		for _, granted := range []bool{false, true} {
			stranger, id := p.call(), p.call()
			g := Default()
			if granted {
				g = Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
			}
			g.Mine = new(Channels)
			g.Mine.Add(id)
			for step := range strings.SplitSeq(strings.ReplaceAll(way, "STRANGER", stranger), "\n") {
				how, text, _ := strings.Cut(step, " ")
				if text, ok := permitted(p.values(&g, id), how, p.fill(text, "none", id)); ok {
					p.do(how, text, id)
				}
			}
			p.API("msleep 200")
			touched := func() bool {
				dump := p.API("uuid_dump " + stranger)
				return strings.HasPrefix(dump, "-") || strings.Contains(dump, "variable_eslua_mark") || strings.Contains(dump, "Other-Leg-Unique-ID")
			}
			for range 60 {
				if touched() == granted {
					break
				}
				p.API("msleep 50")
			}
			if touched() != granted {
				t.Errorf("%q, everything granted %t: the stranger's call is touched: %t", way, granted, !granted)
			}
		}
	}
}
