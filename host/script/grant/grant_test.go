package grant

import (
	"errors"
	"strings"
	"testing"
)

// ways are all the ways known to reach a command from a text: how it is
// checked, the text, and the name that has to be refused.
var ways = []struct{ how, text, name string }{
	// directly
	{"api", "system ls", "system"},
	{"api", "  SYSTEM ls", "system"},
	{"api", "system", "system"},
	{"api", "... now", "..."},
	{"api", "sofia profile internal stop", "sofia profile"},
	{"api", "sofia 'profile' internal stop", "sofia profile"},
	{"api", "curl file:///etc/passwd", "curl file"},
	{"api", "curl 'FILE:///etc/passwd'", "curl file"},
	{"app", "system|ls", "system"},
	{"app", "System|ls", "system"},
	{"app", "system::ls|", "system"},
	{"app", "socket|10.0.0.1:8084 async full", "socket"},
	{"app", "socket|'127.0.0.1:8084 x|10.0.0.9:8084' full", "socket"},
	{"dial", "{execute_on_answer='socket \\'127.0.0.1:8084 x|10.0.0.9:8084\\' full'}user/1", "socket"},
	{"app", "socket|127.0.0.1:8084|10.0.0.1:8084 async full", "socket"},
	// commands in commands
	{"api", "bgapi system ls", "system"},
	{"api", "BGAPI system ls", "system"},
	{"api", "bgapi uuid:1-2 system ls", "system"},
	{"api", "bgapi bgapi bgapi system ls", "system"},
	{"api", "expand system ls", "system"},
	{"api", "expand uuid:1 system ls", "system"},
	{"api", "xml_wrap system ls", "system"},
	{"api", "xml_wrap encoded system ls", "system"},
	{"api", "sched_api +1 none system ls", "system"},
	{"api", "sched_api +1 none system ls&", "system"},
	{"api", "sched_api @5 none bgapi system ls", "system"},
	{"api", "sched_api +1 none system&", "system"},
	{"api", "sched_api +1  system ls", "system"},
	{"api", "alias add st system ls", "alias"},
	{"api", `json {"command":"fsapi","data":{"cmd":"system","arg":"ls"}}`, "system"},
	{"api", `json {"command":"fsapi","data":{"CMD":"\u0073ystem","arg":"ls"}}`, "system"},
	{"api", `json {"command":"fsapi","data":{"cmd":"system","cmd":"status"}}`, "system"},
	{"api", `json {"command":"execute","data":{"uuid":"1","app":"system","arg":"ls"}}`, "system"},
	{"api", `json {"command":"jsjson","data":{}}`, "jsapi"},
	{"api", `json {"command":"fsapi","data":{'cmd':`, "the JSON of a json command"},
	{"api", `json {"command":"fsapi","data":{`, "the JSON of a json command"},
	{"api", `json {"command":"x","data":{"to":"{execute_on_answer\u003dsystem ls}user/1"}}`, "system"},
	// expansion
	{"api", "eval ${system ls}", "system"},
	{"api", "eval ${system(ls)}", "system"},
	{"api", "eval uuid:1 ${system(ls)}", "system"},
	{"api", "eval ${ system ls}", "system"},
	{"api", "eval ${system (ls)", "system"},
	{"api", "eval $${system(ls)}", "system"},
	{"api", "eval x${expr(1+${system(ls)})}", "system"},
	{"api", "eval ${x${system ls}}", "x${...}"},
	{"api", "eval ${cond(${system(ls)} == 1 ? 1 : 2)}", "system"},
	{"api", "eval ${bgapi(system ls)}", "system"},
	{"api", "eval ${sched_api +1 none system ls}", "system"},
	{"api", `eval \${system(ls)}`, "system"}, // evaluated again it runs
	{"api", "cond ${system(ls)} == 1 ? a : b", "system"},
	{"app", "eval|${system(ls)}", "system"},
	{"app", "log|INFO ${system(ls)}", "system"},
	{"app", `log|INFO \\${system(ls)}`, "system"},
	{"app", `log|INFO ${x}\${system(ls)}`, "system"}, // what follows an expansion is no escape
	{"app", `log|INFO ${${cmd}(ls)}`, "${...}"},
	{"app", `set|a=\${system(ls)}`, "system"},
	{"app", `set|a=$''{system(ls)}`, "system"},
	{"app", `phrase|greet,\${system(ls)}`, "system"},
	{"app", `playback|phrase:greet:\${system(ls)}`, "system"},
	{"app", `playback|shell_stream://ls`, "shell_stream"},
	{"app", `playback|file_string://a.wav!shell_stream://ls`, "shell_stream"},
	{"api", `uuid_broadcast 1 shell_stream://ls both`, "shell_stream"},
	{"api", `url_decode %24%7Bsystem(ls)%7D`, "system"},
	{"app", `set|a=${url_decode(%24%7Bsystem(ls)%7D)}`, "system"},
	// extensions
	{"api", "uuid_transfer 1 system:ls inline", "system"},
	{"api", "uuid_transfer 1 -bleg system:ls inline", "system"},
	{"api", "uuid_transfer 1 -both 'playback:a.wav,system:ls' inline", "system"},
	{"api", "uuid_transfer 1 'm:^:playback:a^system:ls' inline", "system"},
	{"api", "uuid_transfer 1 9000 inline:system:ls", "system"},
	{"api", "uuid_transfer 1 9000 XML,inline:system:ls", "system"},
	{"api", "uuid_transfer 1 -x,system:ls inline", "system"},
	{"api", "uuid_transfer 1 script.lua LUA", "lua"},
	{"api", "uuid_transfer 1 'set:execute_on_ring=system ls' inline", "system"},
	{"api", "uuid_deflect 1 system:ls inline", "system"},
	{"api", "uuid_dual_transfer 1 9000/XML/default system:ls/inline", "system"},
	{"api", "uuid_dual_transfer 1 'system:ls /tmp/inline'/inline 9000", "system"},
	{"api", "sched_transfer +5 1 system:ls inline", "system"},
	{"app", "transfer|system:ls inline", "system"},
	{"app", "transfer|-bleg system:ls inline", "system"},
	{"app", "transfer|%[a=b]system:ls inline", "system"},
	{"app", "transfer|${x} XML default", "${...}"},
	{"app", "transfer|9000 ${x}", "${...}"},
	{"app", "execute_extension|system:ls inline", "system"},
	{"app", "sched_transfer|+5 system:ls inline", "system"},
	{"app", "limit|hash r id 0 system:ls inline", "system"},
	{"app", "limit_hash|r id 0 system:ls inline", "system"},
	{"app", "play_and_get_digits|1 1 3 5000 # a.wav b.wav var \\d+ 5000 'system:ls inline'", "system"},
	{"app", "limit_execute|hash r id 2 system ls", "system"},
	{"app", "limit_hash_execute|r id 2 system ls", "system"},
	{"app", "deflect|system:ls inline", "system"},
	// broadcasts
	{"api", "uuid_broadcast 1 system::ls both", "system"},
	{"api", "uuid_broadcast 1 'system::touch /tmp/x' both", "system"},
	{"api", "uuid_broadcast 1 system!normal_clearing::ls", "system"},
	{"api", "sched_broadcast +1 1 system::ls", "system"},
	{"app", "sched_broadcast|+1 system::ls", "system"},
	{"app", "broadcast|system::ls aleg", "system"},
	{"app", "soft_hold|* system::ls", "system"},
	{"app", "bind_meta_app|1 a s system::ls", "system"},
	{"app", "bind_digit_action|r,1,exec:system,ls", "system"},
	{"app", "bind_digit_action|r,1,exec[iP]:system,ls", "system"},
	{"app", "bind_digit_action|r,1,api:system,ls", "system"},
	{"app", "bind_digit_action|r,1,api:bgapi,system ls", "system"},
	{"app", "tone_detect|k 1000 r +30 system ls", "system"},
	{"api", "tone_detect 1 k 1000 r +30 system ls", "system"},
	{"app", "spandsp_start_fax_detect|system ls 5", "system"},
	// variables
	{"var", "execute_on_answer=system ls", "system"},
	{"var", "execute_on_answer_2=system::ls", "system"},
	{"var", "execute_on_ring=system:ls", "system"},
	{"var", "Execute_On_Ring[3]=system ls", "system"},
	{"var", "execute_on_ring=ARRAY::log a|:system ls", "system"},
	{"var", "nolocal:execute_on_ring=transfer system:ls inline", "system"},
	{"var", "sip_execute_on_image=system ls", "system"},
	{"var", "nolocal:api_hangup_hook=system ls", "system"},
	{"var", "execute_on_answer=transfer %[a=b]system:ls inline", "system"},
	{"var", "execute_on_fsk=system ls", "system"},
	{"var", "api_on_answer=system ls", "system"},
	{"var", "api_on_answer=bgapi system ls", "system"},
	{"var", "api_after_bridge=system ls", "system"},
	{"var", "api_before_bridge_1=system ls", "system"},
	{"var", "api_hangup_hook=system ls", "system"},
	{"var", "api_hangup_hook=system::ls", "system"},
	{"var", "api_reporting_hook=system ls", "system"},
	{"var", "record_post_process_exec_app=system:ls", "system"},
	{"var", "record_post_process_exec_api=system:ls", "system"},
	{"var", "exec_after_bridge_app=system", "system"},
	{"var", "exec_after_bridge_arg=system:ls inline", "system"},
	{"var", "bridge_pre_execute_bleg_app=system", "system"},
	{"var", "bridge_pre_execute_bleg_data=set execute_on_ring=system ls", "system"},
	{"var", "group_confirm_file=system ls", "system"},
	{"var", "transfer_after_bridge=system\\:ls:inline", "system"},
	{"var", "transfer_after_bridge='system:ls':inline", "system"},
	{"var", "hold_hangup_xfer_exten=9000:LUA", "lua"},
	{"var", "transfer_on_fail=USER_BUSY system:ls inline", "system"},
	{"var", "force_transfer_dialplan=inline", "${...}"},
	{"var", "force_transfer_dialplan=inline:system:ls", "system"},
	{"var", "dialplan=XML,inline:system:ls", "system"},
	{"var", "hold_music=system::ls", "system"},
	{"var", "temp_hold_music=system::ls", "system"},
	{"var", "anything=system::ls", "system"},
	{"var", "page_exten=system:ls", "system"},
	{"var", "page_path=/tmp/a.wav,system:ls", "system"},
	{"var", "valet_parking_orbit_exten=9000,system:ls", "system"},
	{"var", "system_on_fax_success=ls", "system"},
	{"var", "a=${system(ls)}", "system"},
	{"var", "a=1,execute_on_answer=system ls", "system"},
	{"var", "a=loopback/system:ls/default/inline", "system"},
	{"var", "a=shell_stream://ls", "shell_stream"},
	{"app", "set|execute_on_answer=system ls", "system"},
	{"app", "set|execute_on_answer,system ls", "system"},
	{"app", "set|%[a=b]execute_on_answer=system ls", "system"},
	{"app", "set|execute_on_answer=${x}", "${...}"},
	{"app", "limit_hash_execute|realm ${x} 1 bridge user/1", "${...}"}, // a blank in x moves every word after it
	{"app", "conference|execute_on_answer=system ls", "system"},        // the name begins the text
	{"dial", "{api_on_answer=system}user/1", "system"},
	{"dial", "{api_on_answer=system,a=b}user/1", "system"},
	{"api", "originate loopback/system:ls/default/inline 9000 XML default", "system"},
	{"api", "uuid_broadcast 1 bridge::loopback/app=system:ls both", "system"},
	{"api", "local_stream ${x} moh", "local_stream ${...}"},
	{"api", "sofia ${x} internal stop", "sofia ${...}"},
	{"api", "uuid_broadcast ${x} a.wav both", "${...}"},
	{"app", "set|${x}=system ls", "${...}"},
	{"app", "push|execute_on_answer=system ls", "system"},
	{"app", "export|nolocal:execute_on_answer=system ls", "system"},
	{"app", "bridge_export|execute_on_answer=system ls", "system"},
	{"app", "set_global|execute_on_answer=system ls", "system"},
	{"app", "multiset|a=b execute_on_answer=system::ls", "system"},
	{"app", "multiset|^^:a=b:execute_on_answer=system ls", "system"},
	{"app", "multiset|^^:a=b:execute_on_answer,system ls", "system"},
	{"app", "log|%[execute_on_answer=system ls]INFO x", "system"},
	{"api", "uuid_setvar 1 execute_on_answer 'system ls'", "system"},
	{"api", "uuid_setvar 1 'execute_on_answer' system ls", "system"},
	{"api", "uuid_setvar_multi 1 a=b;execute_on_answer=system ls", "system"},
	{"api", "global_setvar execute_on_answer=system ls", "system"},
	{"api", "uuid_record 1 start /tmp/a.wav 60 %7Bexecute_on_record_stop=system:ls%7D", "system"},
	{"api", "uuid_record 1 start /tmp/a.wav 60 %7Bexecute_on_record_stop%3Dsystem:ls%7D", "system"},
	// dial strings
	{"dial", "{execute_on_answer=system ls}user/1000", "system"},
	{"dial", "{execute_on_answer='system ls'}user/1000", "system"},
	{"dial", "{execute_on_answer=\\'system ls\\'}user/1000", "system"},
	{"dial", "{exec'ute_on'_answer=s'yste'm}user/1000", "system"},
	{"dial", "{a=b,execute_on_answer=system}user/1000", "system"},
	{"dial", "{^^:a=b:execute_on_answer=system ls}user/1000", "system"},
	{"dial", "{^^Qa=bQexecute_on_answer=systemQc=d}user/1000", "a list of variables that is split at a letter"},
	{"dial", "{execute_on_answer[1]=system ls}user/1000", "system"},
	{"dial", "<execute_on_answer=system ls>{a=b}user/1000:_:user/1001", "system"},
	{"dial", "user/1000,[execute_on_answer=system ls]user/1001|user/1002", "system"},
	{"dial", "[api_on_answer=system ls]user/1001", "system"},
	{"dial", "{group_confirm_key=exec,group_confirm_file=system ls}user/1000", "system"},
	{"dial", "{a=${system(ls)}}user/1000", "system"},
	{"dial", "{exec_after_bridge_app=system,exec_after_bridge_arg=ls}user/1000", "system"},
	{"dial", "{group_confirm_key=exec,group_confirm_file=system,a=b}user/1000", "system"},
	{"dial", `{transfer_after_bridge=system\:ls:inline}user/1000`, "system"},
	{"dial", `{execute_on_answer='transfer \'log:INFO x,system:ls\' inline'}user/1000`, "system"},
	{"dial", `{execute_on_answer='limit_execute hash \'a b\' id 2 system ls'}user/1000`, "system"},
	{"dial", `{api_on_answer='originate {a=\'b c\'}user/1 &system(ls)'}user/1000`, "system"},
	{"dial", `{api_on_answer='originate {a=\'b c\'}user/1 log:x,system:ls inline'}user/1000`, "system"},
	{"dial", `{api_on_answer='uuid_broadcast 1 \'system::touch x\' both'}user/1000`, "system"},
	{"dial", `{execute_on_answer='play_and_get_digits 1 1 1 1 # \'a b\' c v \\d 1 \'system:x inline\''}user/1000`, "system"},
	{"dial", `{execute_on_answer='bind_digit_action \\\'r,r\\\',1,exec:system,ls'}user/1000`, "system"},
	{"dial", `{api_on_answer='uuid_dual_transfer 1 \\\'log:a b c,system:ls/inline\\\' 9000'}user/1000`, "system"},
	{"app", `eval|${json({"command":"fsapi","data":{"cmd":"\u0073ystem","arg":"ls"}})}`, "the JSON of a json command inside another text"},
	{"app", `eval|${json({"command":"fsapi","data":{"cmd":"system","arg":"ls"}})}`, "system"},
	{"var", "anything=system!USER_BUSY::ls", "system"},
	{"app", `set|a=${uuid_transfer(1 'log:a b,system:ls' inline)}`, "system"},
	{"dial", "loopback/app=system:ls", "system"},
	{"dial", "user/1,loopback/app=system:ls", "system"},
	{"dial", "loopback/system:ls/default/inline", "system"},
	{"dial", `loopback/answer\,system:ls/default/inline`, "system"},
	{"dial", `'loopback/answer,system:ls/default/inline'`, "system"},
	{"dial", "loopback/m:^:answer^system:ls/default/inline", "system"},
	{"dial", "loopback/9000/default/inline:system:ls,user/1", "system"},
	{"dial", "user/1:_:[a=b]LOOPBACK/system:ls/default/INLINE|user/2", "system"},
	{"api", "originate user/1000 &system(ls)", "system"},
	{"api", "originate user/1000 '&system(touch /tmp/x)'", "system"},
	{"api", "originate user/1000 &socket(10.0.0.1:8084 async full)", "socket"},
	{"api", "originate user/1000 system:ls inline", "system"},
	{"api", "originate {execute_on_answer=system\\sls}user/1000 &park", "system"},
	{"api", "originate loopback/system:ls/default/inline &park", "system"},
	{"api", "conference c1 bgdial {execute_on_answer=system}user/1000", "system"},
	{"api", "conference c1 bgdial loopback/system:ls/x/inline", "system"},
	{"api", "callcenter_config agent set contact 1@d [execute_on_answer=system]user/1", "system"},
	{"app", "bridge|{execute_on_answer=system ls}user/1000", "system"},
	{"app", "bridge|loopback/app=system:ls", "system"},
	{"app", "att_xfer|loopback/app=system:ls", "system"},
	{"app", "conference_set_auto_outcall|loopback/app=system:ls", "system"},
}

func ask(g *Grants, how, text string) error {
	switch how {
	case "api":
		return g.CheckAPI(text)
	case "app":
		app, data, _ := strings.Cut(text, "|")
		return g.CheckApp(app, data)
	case "var":
		name, value, _ := strings.Cut(text, "=")
		return g.CheckVariable(name, value)
	}
	return g.CheckDial(text)
}

func TestEveryWayToACommandIsFound(t *testing.T) {
	g := Default()
	g.Own = []string{"127.0.0.1:8084"}
	all := Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
	for _, w := range ways {
		err := ask(&g, w.how, w.text)
		var refused *RefusedError
		switch {
		case !errors.As(err, &refused):
			t.Errorf("%s %s: passed, want %q refused", w.how, w.text, w.name)
		case refused.Name != w.name:
			t.Errorf("%s %s: refused %q, want %q: %v", w.how, w.text, refused.Name, w.name, err)
		}
		if err := ask(&all, w.how, w.text); err != nil {
			t.Errorf("%s %s: refused although everything is granted: %v", w.how, w.text, err)
		}
	}
}

// What is granted by name is found granted on every way that ends in it.
func TestAGrantOpensEveryWay(t *testing.T) {
	g := Grants{API: Rule{Allow: []Name{"system", "alias", "jsapi", "sofia profile", "curl file", "..."}},
		Apps: Rule{Allow: []Name{"system", "lua", "socket", "shell_stream"}}}
	for _, w := range ways {
		if strings.Contains(w.name, " ") && w.name != "sofia profile" && w.name != "curl file" || strings.Contains(w.name, "$") {
			continue // what cannot be read stays refused
		}
		if err := ask(&g, w.how, w.text); err != nil {
			t.Errorf("%s %s: %v", w.how, w.text, err)
		}
	}
}

// What scripts do all day, and what only looks dangerous, passes.
var ordinary = []struct{ how, text string }{
	{"app", "speak|flite|kal|the system is down, shutdown in 5 minutes"},
	{"app", "log|INFO lua says: system ls, execute_on_answer=system"},
	{"app", `log|INFO \${system(ls)}`},
	{"app", `speak|%[]flite|kal|\${system(ls)}`},
	{"app", `speak|%[playback_terminators=none]flite|kal|Jo \${system(ls)}`},
	{"app", "playback|ivr/system.wav"},
	{"app", "playback|${sounds_dir}/system.wav"},
	{"app", "say|en number pronounced 12"},
	{"app", "set|a=the system is down"},
	{"app", "set|a=${system}"}, // a variable of that name
	{"app", "multiset|^^xa=1xb=2"},
	{"app", "set|a=${destination_number}_${caller_id_number:0:3}"},
	{"app", "set|hangup_after_bridge=true"},
	{"app", "set|a=${regex(${destination_number}|^(\\d+)$|%1)}"},
	{"app", "set|a=${user_data(${destination_number}@${domain_name} var x)}"},
	{"app", "export|sip_h_X-System=system"},
	{"app", "bridge|sofia/gateway/gw/${destination_number}"},
	{"app", "bridge|{origination_caller_id_name='Jo System',ignore_early_media=true}user/1000@${domain_name},user/1001"},
	{"app", "bridge|{execute_on_answer='socket 127.0.0.1:8084/flow async full'}user/1"},
	{"app", "bridge|loopback/9000/default/XML"},
	{"app", `bridge|loopback/answer\,park/default/inline`},
	{"app", "transfer|9000 XML default"},
	{"app", "transfer|9000 XML ${context}"},
	{"app", "transfer|-bleg park inline"},
	{"app", "transfer|'set:a=b,park' inline"},
	{"app", "conference|c1@default"},
	{"app", "record_session|/tmp/system.wav"},
	{"app", "detect_speech|pocketsphinx yesno yesno"},
	{"app", "bind_meta_app|1 b s execute_extension::dx XML features"},
	{"app", "bind_digit_action|r,1,exec:playback,a.wav"},
	{"app", "limit|hash calls 1000 2 !USER_BUSY"},
	{"app", "limit_execute|hash calls 1000 2 bridge user/1"},
	{"app", "curl|https://example.com/a?b=c post x=y"},
	{"app", "event|Event-Name=CUSTOM,Event-Subclass=a::b"},
	{"app", "socket|127.0.0.1:8084/flow async full"},
	{"app", "play_and_get_digits|1 1 3 5000 # ${file} bad.wav var \\d+"},
	{"api", "originate {origination_uuid=1}user/1000 &park()"},
	{"api", "originate user/1000 '&socket(127.0.0.1:8084/flow/1 async full)'"},
	{"api", "originate user/1000 9000 XML default 'Jo System' 100 30"},
	{"api", "originate loopback/park/default 'm:^:playback:a^park' inline"},
	{"api", "bgapi originate user/1000 &bridge(user/1001)"},
	{"api", "uuid_kill 1 ALLOTTED_TIMEOUT"},
	{"api", "sched_api +60 g uuid_kill 1 ALLOTTED_TIMEOUT"},
	{"api", "sched_hangup +60 1"},
	{"api", "uuid_setvar 1 a system down"},
	{"api", "uuid_setvar 1 execute_on_answer"},
	{"api", "uuid_send_message 1 ${system(ls)}"},
	{"api", "uuid_broadcast 1 a.wav both"},
	{"api", "uuid_broadcast 1 say::en\\snumber\\spronounced\\s1 both"},
	{"api", "uuid_transfer 1 9000 XML default"},
	{"api", "uuid_dual_transfer 1 9000/XML/default 9001/XML/default"},
	{"api", "conference c1 say the system is down"},
	{"api", "conference c1 bgdial user/1000"},
	{"api", "sofia status profile internal"},
	{"api", "sofia_contact 1000@d"},
	{"api", "callcenter_config agent set contact 1@d user/1"},
	{"api", "hash insert/r/k/v"},
	{"api", "curl http://example.com/"},
	{"api", "eval ${caller_id_name}"},
	{"api", "expand uuid:1 uuid_kill ${uuid}"},
	{"api", "show channels as json"},
	{"api", "create_uuid"},
	{"api", ""},
	{"api", `json {"command":"status","data":{}}`},
	{"var", "subclass=eslua::done"},
	{"var", "note=system: all is well"},
	{"api", "global_getvar domain"},
	{"var", "effective_caller_id_name=Lua System"},
	{"var", "execute_on_answer=log INFO the system is down"},
	{"var", "execute_on_answer=playback::ivr/system.wav"},
	{"var", "api_hangup_hook=uuid_kill 1"},
	{"var", "transfer_after_bridge=9000:XML:default"},
	{"var", "hold_music=local_stream://moh"},
	{"var", "group_confirm_file=ivr/press_one.wav"},
	{"var", "force_transfer_dialplan=XML"},
	{"var", "page_path=/tmp/a.wav"},
	{"var", "a="},
	{"dial", "sofia/internal/1000@10.0.0.1:5060;transport=tcp"},
	{"dial", "{a=b}[c=d]user/1000,[e=f]user/1001|user/1002"},
	{"dial", "user/1000:_:user/1001"},
}

func TestOrdinaryTextsPass(t *testing.T) {
	g := Default()
	g.Own = []string{"127.0.0.1:8084"}
	for _, o := range ordinary {
		if err := ask(&g, o.how, o.text); err != nil {
			t.Errorf("%s %s: %v", o.how, o.text, err)
		}
	}
}

func TestARefusalNamesTheGrant(t *testing.T) {
	for _, c := range []struct {
		g         Grants
		how, text string
		want      string
	}{
		{Default(), "api", "system ls", `the API command "system" is not granted to this flow; add it under grants: api: allow: in the configuration`},
		{Default(), "app", "lua|x.lua", `the application "lua" is not granted to this flow; add it under grants: apps: allow: in the configuration`},
		{Default(), "app", "bridge|{execute_on_answer=system ls}user/1", `the application "system" is not granted to this flow; add it under grants: apps: allow: in the configuration (reached by "execute_on_answer=system ls}user/1")`},
		{Grants{API: Rule{Deny: []Name{"originate"}}}, "api", "bgapi originate user/1 &park", `the API command "originate" is not granted to this flow; remove it from grants: api: deny: in the configuration (reached by "bgapi originate user/1 &park")`},
		{Grants{API: Rule{Only: []Name{"uuid_kill"}}}, "api", "status", `the API command "status" is not granted to this flow; add it under grants: api: only: in the configuration`},
		{Default(), "var", "execute_on_answer=system ls", `the application "system" is not granted to this flow; add it under grants: apps: allow: in the configuration (reached by "execute_on_answer=system ls")`},
		{Default(), "app", "transfer|${x} XML", `the application in "${...}" is put together by FreeSWITCH, so no grant can be looked up; write the whole name (session:getVariable gives a variable's value), or grant all of them: grants: apps: allow: ["*"] (reached by "transfer ${...} XML")`},
		{Grants{}, "app", "event|a=b", `firing events is not granted to this flow; set grants: fire_events: true in the configuration`},
	} {
		if err := ask(&c.g, c.how, c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s %s:\n got %v\nwant %s", c.how, c.text, err, c.want)
		}
	}
	g := Grants{}
	if g.CheckEvent() == nil {
		t.Error("firing passed without its grant")
	}
}

func TestRules(t *testing.T) {
	only := Grants{API: Rule{Only: []Name{"bgapi", "originate"}}, Apps: Rule{Only: []Name{"bridge", "park"}}}
	for text, ok := range map[string]bool{
		"originate user/1 &park":                               true,
		"bgapi originate user/1 &bridge(user/2)":               true,
		"bgapi originate user/1 &log(x)":                       false,
		"originate {execute_on_answer=park}user/1 &park":       true,
		"originate {execute_on_answer=playback x}user/1 &park": false,
		"uuid_kill 1":                           false,
		"originate user/1 'park,park:x' inline": true,
		"originate user/1 'park,log:x' inline":  false,
		`originate {execute_on_answer='bind_meta_app 1 a s park::'}user/1 &park`: false,
	} {
		if err := only.CheckAPI(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	all := Grants{API: Rule{Allow: []Name{"*"}, Deny: []Name{"SYSTEM"}}}
	if all.CheckAPI("fsctl pause") != nil || all.CheckAPI("bgapi system x") == nil || all.CheckAPI("eval ${${x} y}") == nil {
		t.Error("everything but system is not that")
	}
	none := Grants{API: Rule{Only: []Name{}}}
	if none.CheckAPI("status") == nil {
		t.Error("only: [] permits something")
	}
}

// A name that is cut short would pass the rule that denies it.
func TestANameIsReadWithAllItsCharacters(t *testing.T) {
	const every = "abcdefghijklmnopqrstuvwxyz_-.0123456789"
	g := Grants{Apps: Rule{Deny: []Name{every}}}
	for _, name := range []string{every, strings.ToUpper(every)} {
		var refused *RefusedError
		if err := g.CheckVariable("execute_on_answer", name+" data"); !errors.As(err, &refused) || refused.Name != every {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCostlyTextsAreRefused(t *testing.T) {
	g := Default()
	for _, text := range []string{
		strings.Repeat("${status x}", 10000),
		strings.Repeat("${status ", 10000),
		strings.Repeat("execute_on_answer=set ", 10000),
		"bgapi " + strings.Repeat("bgapi ", 10000) + "status",
		strings.Repeat("loopback/", 10000),
		"json [" + strings.Repeat("{},", 1000) + "{}]",
		"${status " + strings.Repeat("x", 1<<20) + "}",
	} {
		if g.CheckApp("set", "a="+text) == nil && g.CheckAPI(text) == nil {
			t.Errorf("%.40s... passes", text)
		}
	}
	if err := g.CheckApp("speak", "flite|kal|"+strings.Repeat("word ", 1<<20)); err != nil {
		t.Error(err)
	}
}

func TestCommandsInsideCommandsAreBounded(t *testing.T) {
	g := Default()
	for text, ok := range map[string]bool{
		strings.Repeat("bgapi ", maxDepth-1) + "status": true,
		strings.Repeat("bgapi ", maxDepth) + "status":   false,
	} {
		if err := g.CheckAPI(text); (err == nil) != ok {
			t.Errorf("%d commands: %v", strings.Count(text, " ")+1, err)
		}
	}
	if maxDepth > 64 {
		t.Errorf("%d commands inside commands", maxDepth) // FreeSWITCH's own stack is at stake, and ours
	}
}
