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
	{"api", "eval ${Global_SetVar(DATA)"},
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
	{"api", "originate loopback/park &APP(DATA)"},
	{"api", "originate loopback/park APP:DATA,sleep:1500 inline"},
	{"api", "originate loopback/park sleep inline:APP:DATA"},
	{"dial", "{execute_on_answer=APP:DATA}loopback/park"},
	{"dial", "{execute_on_answer=APP::DATA}loopback/park"},
	{"dial", "{execute_on_answer='APP DATA'}loopback/park"},
	{"dial", "{exec'ute_on'_answer=\\'APP DATA\\'}loopback/park"},
	{"dial", "{^^:a=b:execute_on_answer=APP DATA}loopback/park"},
	{"dial", "{^^Qa=bQexecute_on_answer=APP DATAQc=d}loopback/park"},
	{"dial", "{execute_on_answer_x=APP DATA}loopback/park"},
	{"dial", "{execute_on_answer[0]=APP DATA}loopback/park"},
	{"dial", "{execute_on_answer=ARRAY::log INFO a|:APP DATA}loopback/park"},
	{"dial", "{execute_on_answer='transfer \\\\\\'log:INFO x,APP:DATA,sleep:1500\\\\\\' inline'}loopback/park"},
	{"dial", "<execute_on_answer=APP DATA>loopback/park"},
	{"dial", "<execute_on_answer=APP DATA>loopback/park:_:loopback/park"},
	{"dial", "[execute_on_answer=APP DATA]loopback/park"},
	{"dial", "error/user_busy|[^^:a=b:execute_on_answer=APP DATA]loopback/park"},
	{"dial", "{api_on_answer='API'}loopback/park"},
	{"dial", "{api_on_answer='bgapi API'}loopback/park"},
	{"dial", "{api_on_answer='uuid_broadcast \\'UUID\\' APP::DATA'}loopback/park"},
	{"dial", "{api_hangup_hook='API',execute_on_answer='hangup'}loopback/park"},
	{"dial", "{api_hangup_hook=global_setvar::DATA,execute_on_answer=hangup}loopback/park"},
	{"dial", "{api_reporting_hook='API',execute_on_answer=hangup}loopback/park"},
	{"dial", "{group_confirm_key=exec,group_confirm_file=APP DATA}loopback/park"},
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
	{"app", "bridge|{execute_on_answer='APP DATA'}loopback/park"},
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

func dialLive(t *testing.T) *live { return &live{livetest.Dial(t, 4*time.Minute), t} }

// call is a parked call of our own.
func (l *live) call() string {
	id := uuid.NewString()
	if out := l.API("originate {origination_uuid=" + id + "}loopback/park &park()"); !strings.HasPrefix(out, "+OK") {
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
