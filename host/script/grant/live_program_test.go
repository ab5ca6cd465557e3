package grant

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/google/uuid"
)

// programWays are ways in which a script could have FreeSWITCH run a program, each a
// list of steps on a call of its own: what is sent (api, app, var, dial, event) and
// what then happens to the call (kill, digit, wait). TOUCH stands for the shell
// command that makes a file, URL for the same with its blanks encoded. Each makes the
// file where it is permitted.
var programWays = []string{
	"api system TOUCH",
	"api bgapi system TOUCH",
	"api expand system TOUCH",
	"api xml_wrap system TOUCH",
	"api sched_api +1 none system TOUCH",
	"api eval ${system TOUCH}",
	`api json {"command":"fsapi","data":{"cmd":"system","arg":"TOUCH"}}`,
	`api json {"command":"execute","data":{"uuid":"UUID","app":"system","arg":"TOUCH"}}`,
	"api chat api|me|URL|hi",
	"api uuid_limit UUID hash eslua probe 0 'system:TOUCH,park' inline",
	"api uuid_transfer UUID 'system:TOUCH,park' inline",
	"api uuid_dual_transfer UUID 'system:TOUCH,park/inline' park/inline",
	"api uuid_broadcast UUID 'system::TOUCH'",
	"api sched_broadcast +1 UUID 'system::TOUCH'",
	"api sched_transfer +1 UUID 'system:TOUCH,park' inline",
	"api originate LEG '&system(TOUCH)'",
	"api originate LEG 'system:TOUCH,park' inline",
	"api uuid_drop_dtmf UUID on mask_file system::touch\\sFILE\napi uuid_recv_dtmf UUID 1\napi uuid_send_dtmf UUID 1",
	"api uuid_transfer UUID park inline,XML\nwait\napi uuid_transfer UUID 'system:TOUCH'",
	"api uuid_record UUID start {spool_path=DIR}DIR/x;touch${IFS}FILE;.wav\nwait\napi uuid_record UUID stop all",
	"api uuid_setvar UUID api_hangup_hook system TOUCH\nwait\nkill",
	"api uuid_setvar_multi UUID a=b;api_hangup_hook=system TOUCH\nwait\nkill",
	"api page (page_path=DIR/page.wav,page_exten='system:TOUCH')LEG",
	"app system|TOUCH",
	"app bgsystem|TOUCH",
	"app log|INFO \\${system TOUCH}\napp eval|${current_application_data}",
	"app set|x=\\${system TOUCH}\napp eval|${x}",
	"app set|x=${url_decode(%24{system TOUCH})}",
	"app set|x=${regex($x{system TOUCH}|(.)x(.*)|%1%2)}\napp eval|${x}",
	"app set|x=${replace(@{system TOUCH}|@|$)}\napp eval|${x}",
	"var a=$\nvar b={system TOUCH}\napp set|c=${a}${b}\napp eval|${c}",
	"var a=$\napp set|c=${a}{system TOUCH}\napp eval|${c}",
	"var b={system TOUCH}\napp set|c=${b:0:0}$${b}\napp push|d=$${nope}${b}\napp set|e=$$${b}\napp eval|${e}",
	"app set|a=${b}${c}${d}\nvar x=${y}${z}\nvar y=$\nvar z={system TOUCH}\napp set|w=${x}\napp eval|${w}",
	"app hash|insert/eslua/FILE/\\${system TOUCH}\napp set|x=${hash(select/eslua/FILE)}\napp eval|${x}",
	"app strftime|api_hangup_hook=system TOUCH\nwait\nkill",
	"app capture|api_hangup_hook|system TOUCH|.*\nwait\nkill",
	"app multiset|^^:a=b:api_hangup_hook=system TOUCH\nwait\nkill",
	"app export|nolocal:api_on_answer=system TOUCH\napp bridge|LEG",
	"app record_session|DIR/r.wav {record_post_process_exec_app%3Dsystem:touch%20FILE}\nwait\napp stop_record_session|all",
	"app record_session|DIR/r.wav +1 {%72ecord_post_process_exec_app=system:touch%20FILE}\nwait\napp stop_record_session|all",
	"app set|%[a=b]api_hangup_hook=system TOUCH\nwait\nkill",
	"app speak|tts_commandline|; TOUCH ;|\\${voice}",
	"app transfer|'system:TOUCH' inline",
	"app execute_extension|'system:TOUCH' inline",
	"app limit|hash eslua probe 0 'system:TOUCH' inline",
	"app limit_execute|hash eslua probe 2 system TOUCH",
	"app broadcast|'system::TOUCH' aleg",
	"app sched_broadcast|+1 'system::TOUCH'",
	"app sched_transfer|+1 'system:TOUCH' inline",
	"app fifo|eslua in\nwait\nvar execute_on_blind_transfer=system TOUCH\napi uuid_transfer UUID park inline",
	"var execute_on_blind_transfer=system TOUCH\nwait\napi uuid_transfer UUID park inline",
	"var api_hangup_hook=system::TOUCH\nkill",
	"var api_reporting_hook=system TOUCH\nkill",
	"var record_post_process_exec_app=system:TOUCH\napi uuid_record UUID start DIR/r.wav\nwait\napi uuid_record UUID stop all",
	"var record_post_process_exec_api=system:TOUCH\napi uuid_record UUID start DIR/r.wav\nwait\napi uuid_record UUID stop all",
	"var execute_on_record_start=system TOUCH\napi uuid_record UUID start DIR/r.wav",
	"var transfer_after_bridge=system\\:TOUCH:inline\napp bridge|{execute_on_answer='sched_hangup +1'}LEG",
	"var transfer_on_fail=USER_BUSY 'system:TOUCH' inline\nvar hangup_after_bridge=true\napp bridge|error/user_busy",
	"var bridge_pre_execute_aleg_app=system\nvar bridge_pre_execute_aleg_data=TOUCH\napp bridge|LEG",
	"var hold_music=system::TOUCH\napp bridge|LEG\nwait\napi uuid_hold UUID",
	"var x=back\napp bridge|loop${x}/app=system:TOUCH",
	"var x=answer\napp bridge|{execute_on_${x}='system TOUCH'}LEG",
	"var x=1:api\napp multiset|^^:a=${x}_hangup_hook=system TOUCH\nwait\nkill",
	"var x=1;api_hangup_hook=system TOUCH\napi expand uuid:UUID uuid_setvar_multi UUID a=${variable_x}\nwait\nkill",
	"var x=+1 none system TOUCH\napi expand uuid:UUID sched_api ${variable_x}",
	"var x=system TOUCH\napi expand uuid:UUID bgapi ${variable_x}",
	"var x='system:TOUCH' inline\napp transfer|${x}",
	"app bridge|lo\\'opback/app=system:TOUCH",
	"app bridge|${url_decode(loop%62ack/app=system:TOUCH)}",
	"api hash insert/eslua/contact/loopback/app=system:TOUCH\nwait\napp bridge|${hash(select/eslua/contact)}",
	"var x=system TOUCH\napp eval|${${x}}\napp eval|${expand(${x})}",
	"dial lo''opback/app=system:TOUCH",
	"var eslua_file=FILE\napp transfer|9 XML:DIR/dialplan.raw default",
	"var eslua_file=FILE\napi uuid_transfer UUID 9 XML:DIR/dialplan.raw default",
	"dial {execute_on_answer='system TOUCH'}LEG",
	"dial [execute_on_answer=system TOUCH]LEG",
	"dial <execute_on_answer=system TOUCH>LEG",
	"dial {^^:a=b:execute_on_answer=system TOUCH}LEG",
	"dial {api_on_answer='system TOUCH'}LEG",
	"dial {group_confirm_key=exec,group_confirm_file='system TOUCH'}LEG",
	"dial {loopback_app=system,loopback_app_arg='TOUCH'}loopback/app=system",
	"dial loopback/app=system:TOUCH",
	"event SMS::SEND_MESSAGE dest_proto=api&to=URL&from=x&proto=y",
}

// recordedDialplan stands for what somebody may put into a recording.
const recordedDialplan = `~~~~<document type="freeswitch/xml"><section name="dialplan"><context name="default"><extension name="any">
<condition><action application="system" data="touch ${eslua_file}"/></condition></extension></context></section></document>`

// shellTries tries the steps of programWays on a live FreeSWITCH.
type shellTries struct {
	*live
	dir string
}

func newShellTries(t *testing.T) *shellTries {
	l := dialLive(t)
	dir, err := os.MkdirTemp("", "eslua-grant") // FreeSWITCH may be another user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return &shellTries{l, dir}
}

// fill completes the text of a step.
func (p *shellTries) fill(text, file, id string) string {
	path := filepath.Join(p.dir, file)
	return strings.NewReplacer("TOUCH", "touch "+path, "FILE", path, "DIR", p.dir, "UUID", id, "LEG", liveLeg, "URL", "system%20touch%20"+path).Replace(text)
}

// liveLeg names the leg that the tries dial; its name tells our channels from other people's.
const liveLeg = "loopback/m:^:answer^park:eslua-grant/default/inline"

// call originates a call of our own.
func (p *shellTries) call() string {
	id := uuid.NewString()
	if out := p.API("originate {origination_uuid=" + id + "}" + liveLeg + " park inline"); !strings.HasPrefix(out, "+OK") {
		p.t.Fatalf("no call to try on: %s", out)
	}
	return id
}

// hangup ends every call that the tries have made.
func (p *shellTries) hangup() {
	var channels struct{ Rows []struct{ UUID, Name string } }
	if err := json.Unmarshal([]byte(p.API("show channels as json")), &channels); err != nil {
		p.t.Fatal(err)
	}
	for _, c := range channels.Rows {
		if strings.Contains(c.Name, "park:eslua-grant") {
			p.API("uuid_kill " + c.UUID)
		}
	}
}

// permitted returns what a script with these grants sends for a step, and reports
// whether it gets through.
func permitted(f filled, how, text string) (string, bool) {
	switch how {
	case "api", "app", "var", "dial":
		text, err := f.sent(how, text)
		return text, err == nil
	case "event":
		subclass, headers := eventOf(text)
		return text, f.g.CheckEvent("CUSTOM", append(headers, [2]string{"Event-Subclass", subclass}), "") == nil
	}
	return text, true
}

// values returns the variables of a live call.
func (p *shellTries) values(g *Grants, id string) filled {
	answer := func(line string) string {
		out := p.API(line)
		if out == "_undef_" || strings.HasPrefix(out, "-ERR") {
			return ""
		}
		return out
	}
	return filled{g,
		func(name string) string {
			return syntax.Unescape(answer("uuid_getvar " + id + " " + syntax.Word(name)))
		},
		func(name, arg string) string { return answer(name + " " + arg) },
	}
}

func eventOf(text string) (subclass string, headers [][2]string) {
	subclass, rest, _ := strings.Cut(text, " ")
	for pair := range strings.SplitSeq(rest, "&") {
		name, value, _ := strings.Cut(pair, "=")
		headers = append(headers, [2]string{name, value})
	}
	return subclass, headers
}

// do sends a step.
func (p *shellTries) do(how, text, id string) {
	switch how {
	case "api":
		p.API("bgapi " + text)
	case "app":
		app, data, _ := strings.Cut(text, "|")
		p.Do(esl.Execute(esl.ExecuteOptions{App: app, Arg: data, UUID: id, Lock: true}))
	case "var":
		name, value, _ := strings.Cut(text, "=")
		p.API("uuid_setvar " + id + " " + syntax.Word(name) + " " + syntax.Rest(value))
	case "dial":
		p.API("bgapi originate '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "' park inline default eslua eslua 5")
	case "event":
		subclass, headers := eventOf(text)
		p.Do(esl.SendEvent("CUSTOM", append(headers, [2]string{"Event-Subclass", subclass}), ""))
	case "kill":
		p.API("uuid_kill " + id)
	case "digit":
		p.API("uuid_recv_dtmf " + id + " 1")
	case "wait":
		p.API("msleep 400")
	}
}

// made lists the files that programs have made.
func (p *shellTries) made() (names []string) {
	files, err := filepath.Glob(filepath.Join(p.dir, "made-*"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return names
}

// batch is the number of calls tried on at the same time.
const batch = 20

// run tries several lists of steps, each on a call of its own, sends only what the
// grants permit, and waits until what they do must have happened. It returns how many
// steps it has sent.
func (p *shellTries) run(g *Grants, ways map[string][]string) (sent int) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range ways {
			if !yield(name) {
				return
			}
		}
	})
	for chunk := range slices.Chunk(names, batch) {
		var ids []string
		for _, name := range chunk {
			id := p.call()
			ids = append(ids, id)
			for _, step := range ways[name] {
				how, text, _ := strings.Cut(step, " ")
				if text, ok := permitted(p.values(g, id), how, p.fill(text, name, id)); ok {
					p.do(how, text, id)
					sent++
				}
			}
		}
		for range 10 { // where all is granted each makes its file, soon or late
			p.API("msleep 1500")
			if made := p.made(); !g.Unlimited() || !slices.ContainsFunc(chunk, func(name string) bool { return !slices.Contains(made, name) }) {
				break
			}
		}
		for _, id := range ids {
			p.API("uuid_recv_dtmf " + id + " 1")
			p.API("uuid_kill " + id)
		}
		p.API("msleep 500")
		p.hangup()
	}
	return sent
}

// The ways are ways: with the grants that a script needs for them, each makes its
// file. Without, no file appears, although the script goes on after each refusal.
func TestLiveNoKnownWayRunsAProgram(t *testing.T) {
	p := newShellTries(t)
	if err := os.WriteFile(filepath.Join(p.dir, "page.wav"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "dialplan.raw"), []byte(recordedDialplan), 0o666); err != nil {
		t.Fatal(err)
	}
	byDefault, everything := Default(), Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
	refused, all := map[string][]string{}, map[string][]string{}
	for i, way := range programWays {
		name := fmt.Sprintf("made-%03d", i)
		refused[name], all[name] = strings.Split(way, "\n"), strings.Split(way, "\n")
	}
	p.run(&byDefault, refused)
	for _, name := range p.made() {
		t.Errorf("the default grants permit this, and a program runs: %q", refused[name])
	}
	for _, name := range p.made() {
		os.Remove(filepath.Join(p.dir, name))
	}
	p.run(&everything, all)
	made := p.made()
	for name, steps := range all {
		if !slices.Contains(made, name) {
			t.Errorf("no program runs although all is granted (does the FreeSWITCH of ESLUA_LIVE run on this machine?): %q", steps)
		}
	}
}

// payloads are texts that run a program where they are taken for what they look like.
var payloads = []string{
	"system:TOUCH,park inline", "'system:TOUCH,park' inline", "m:^:system:TOUCH^park inline", "system::touch\\sFILE", "system::TOUCH",
	"system TOUCH", "system!normal_clearing::TOUCH", "${system TOUCH}", "\\${system TOUCH}", "${a}${b}", "$''{system TOUCH}",
	"{execute_on_answer='system TOUCH'}LEG", "[api_on_answer=system TOUCH]LEG", "<execute_on_answer=system TOUCH>LEG",
	"loopback/app=system:TOUCH", "loopback/system:TOUCH/default/inline", ",system:TOUCH,park", "a',system:TOUCH,'park",
	"api_hangup_hook=system TOUCH", "api_hangup_hook|system TOUCH|.*", "^^:a=b:api_hangup_hook=system TOUCH", "&system(TOUCH)",
	"exec:system,TOUCH", "r,1,exec:system,TOUCH", "r,1,api:system,TOUCH", "api|me|URL|hi",
	"{record_post_process_exec_app%3Dsystem:touch%20FILE}", "%7Brecord_post_process_exec_app=system:touch%20FILE}",
	"shell_stream://TOUCH", "DIR/x;TOUCH;.wav", "{spool_path=DIR}DIR/x;TOUCH;.wav", "FILE;TOUCH", "`TOUCH`", "$(TOUCH)", "|TOUCH",
	`{"command":"fsapi","data":{"cmd":"system","arg":"TOUCH"}}`, "say:tts_commandline:; TOUCH ;:\\${voice}", "tts_commandline|; TOUCH ;|${voice}",
}

// before are words that put a payload at another place of an argument.
var before = []string{"", "UUID ", "a ", "a b ", "1 1 1 ", "a b c d ", "insert/r/k/", "a|", "x=", "UUID a ", "+1 UUID ", "+1 none ", "DIR/r.wav ", "DIR/r.wav +1 "}

// sendTries is the number of tries, of those that the default grants let through, that are sent.
const sendTries = 1200

// Every command and every application of FreeSWITCH gets every payload at many
// places, and every variable that it reads where it executes or expands gets it as
// its value. What the default grants let through runs no program.
func TestLiveNoCommandRunsAProgram(t *testing.T) {
	p := newShellTries(t)
	g := Default()
	var tries [][]string
	vars := map[string]string{"a": "$", "b": "{system TOUCH}"}
	generated := 0
	try := func(steps ...string) {
		generated++
		for _, step := range steps {
			how, text, _ := strings.Cut(step, " ")
			if _, ok := permitted(call(&g, vars), how, p.fill(text, "made-none", "6d1ddfa2-0000-4000-8000-000000000001")); !ok {
				return
			}
		}
		tries = append(tries, steps)
	}
	source := recorded(t)
	for entry := range source.registered {
		kind, name, _ := strings.Cut(entry, " ")
		for _, b := range before {
			for _, payload := range payloads {
				switch kind {
				case "APP":
					try("var a=$", "var b={system TOUCH}", "app "+name+"|"+b+payload)
				case "API":
					try("var a=$", "var b={system TOUCH}", "api "+name+" "+b+payload)
				}
			}
		}
	}
	for name := range source.variables {
		for _, payload := range payloads {
			try("var "+name+"="+payload, "app bridge|LEG", "digit", "kill")
			try("dial {" + name + "='" + payload + "'}LEG")
			try("app set|"+name+"="+payload, "app record_session|DIR/r.wav", "app transfer|park inline")
		}
	}
	left := len(tries)
	if left < sendTries {
		t.Fatalf("%d tries generated, %d left to send", generated, left)
	}
	slices.SortFunc(tries, func(a, b []string) int { return strings.Compare(strings.Join(a, "\n"), strings.Join(b, "\n")) })
	rand.New(rand.NewPCG(1, 2)).Shuffle(left, func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	tries = tries[:sendTries]
	named := map[string][]string{}
	for i, steps := range tries {
		named[fmt.Sprintf("made-%05d", i)] = steps
	}
	sent := p.run(&g, named)
	for _, name := range p.made() {
		t.Errorf("a program runs: %q", named[name])
	}
	t.Logf("%d tries generated, of which the default grants refuse %d; %d of the others sent, in %d steps", generated, generated-left, len(tries), sent)
}
