package grant

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A way leads from a text to a command or an application: how the text is checked,
// the text, and the name that has to be refused.
type way struct{ how, text, name string }

// A text passes.
type text struct{ how, text string }

func ways() []way { return slices.Concat(commandWays, applicationWays, variableWays, moreWays) }

func ordinary() []text {
	return slices.Concat(ordinaryCommands, ordinaryApplications, ordinaryVariables, moreOrdinary)
}

const (
	later       = "text later"
	unknownName = "text unknown-name"
)

// hostile has the variables that the texts refer to; every other one is 1000.
var hostile = map[string]string{
	"back": "back", "dollar": "$", "braces": "{system ls}", "empty": "", "answer": "answer", "api": "1:api", "colon": "1:bridge", "word": "a 1", "stream": "shell_",
	"hook": "1,execute_on_answer", "digits": "r,1,exec:system,ls", "contact": "lo''opback/app=system:ls", "comma": "x,Event-Name=RELOADXML",
	"target": "system:ls inline v 1 1 'system:ls inline'", "cmd": "system", "p": "password", "auth": "auth", "task": "+1 none system ls", "uuid": "1",
	"quote": "d'x", "semicolon": "1;api_hangup_hook=system ls",
}

// filled are the values of a call's variables, and what commands answer that a script
// is granted.
type filled struct {
	g        *Grants
	variable func(name string) string
	command  func(name, arg string) string
}

func (f filled) Variable(name string, _ bool) (string, error) {
	if err := f.g.CheckReading(name); err != nil {
		return "", err
	}
	return f.variable(name), nil
}

func (f filled) Command(name, arg string) (string, error) {
	line, err := f.line(name + " " + arg)
	if err != nil {
		return "", err
	}
	if err := f.g.CheckAPI(line); err != nil {
		return "", err
	}
	name, arg, _ = strings.Cut(line, " ")
	return f.command(name, arg), nil
}

// line returns an API command line as it is sent.
func (f filled) line(line string) (string, error) {
	if f.g.Unlimited() {
		return line, nil
	}
	return syntax.ExpandCommand(line, func(string, string) (syntax.Values, error) { return f, nil })
}

// sent returns what a script sends for a text, or why it is refused.
func (f filled) sent(how, text string) (string, error) {
	switch how {
	case "api":
		line, err := f.line(text)
		if err == nil {
			err = f.g.CheckAPI(line)
		}
		return line, err
	case "app":
		app, data, _ := strings.Cut(text, "|")
		if f.g.Unlimited() {
			return text, nil
		}
		data, err := syntax.Expand(data, f)
		if err == nil {
			err = f.g.CheckApp(app, data)
		}
		return app + "|" + syntax.Unexpanded(data), err
	case "var":
		name, value, _ := strings.Cut(text, "=")
		return text, f.g.CheckVariable(name, value)
	}
	return text, f.g.CheckDial(text)
}

// call returns a call with variables, of which every other one is 1000.
func call(g *Grants, vars map[string]string) filled {
	return filled{g, func(name string) string {
		if value, ok := vars[strings.TrimPrefix(name, "variable_")]; ok {
			return value
		}
		return "1000"
	}, func(name, arg string) string {
		switch {
		case name == "url_decode":
			return urlDecoded(arg)
		case name == "hash" && strings.HasSuffix(arg, "contact"):
			return hostile["contact"]
		case strings.Contains(arg, "{system"): // regex and replace can make it
			return "${system ls}"
		}
		return "out"
	}}
}

func ask(g *Grants, how, text string) error {
	_, err := call(g, hostile).sent(how, text)
	return err
}

func TestEveryWayToACommandIsFound(t *testing.T) {
	g := Default()
	g.Own = []string{"127.0.0.1:8084"}
	all := Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
	for _, w := range ways() {
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

func TestOrdinaryTextsPass(t *testing.T) {
	g := Default()
	g.Own = []string{"127.0.0.1:8084"}
	for _, o := range ordinary() {
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
		{Default(), "api", "system ls", `the API command "system" is not granted to this flow: it runs a program or a script on the switch; to grant it, write grants: {api: {allow: [system]}} in the configuration`},
		{Default(), "app", "lua|x.lua", `the application "lua" is not granted to this flow: it runs a program or a script on the switch; to grant it, write grants: {apps: {allow: [lua]}} in the configuration`},
		{Default(), "app", "bridge|{execute_on_answer=system ls}user/1", `the application "system" is not granted to this flow: it runs a program or a script on the switch; to grant it, write grants: {apps: {allow: [system]}} in the configuration (reached by "execute_on_answer=system ls}user/1")`},
		{Grants{API: Rule{Deny: []Name{"originate"}}}, "api", "bgapi originate user/1 &park", `the API command "originate" is not granted to this flow; remove it from grants: api: deny: in the configuration (reached by "bgapi originate user/1 &park")`},
		{Grants{API: Rule{Only: []Name{"uuid_kill"}}}, "api", "status", `the API command "status" is not granted to this flow; to grant it, write grants: {api: {only: [uuid_kill, status]}} in the configuration`},
		{Default(), "var", "execute_on_answer=system ls", `the application "system" is not granted to this flow: it runs a program or a script on the switch; to grant it, write grants: {apps: {allow: [system]}} in the configuration (reached by "execute_on_answer=system ls")`},
		{Default(), "api", "uuid_transfer 1 ${x} XML", `the use "text later" is not granted to this flow: FreeSWITCH would fill ${x} later (session:getVariable gives the value of a variable now), so it cannot be checked; write it more simply, or, to grant it, write grants: {apps: {allow: [text later]}} in the configuration (reached by "1 ${x} XML")`},
		{Grants{}, "app", "event|a=b", `firing events is not granted to this flow; to grant it, write grants: {fire_events: true} in the configuration`},
	} {
		if err := ask(&c.g, c.how, c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s %s:\n got %v\nwant %s", c.how, c.text, err, c.want)
		}
	}
	g := Grants{}
	if g.CheckEvent("CUSTOM", nil, "") == nil {
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

// Each way of which a live FreeSWITCH shows that a program runs is stopped at one of
// its steps.
func TestEveryWayToAProgramIsStopped(t *testing.T) {
	g := Default()
	for _, way := range programWays {
		vars := map[string]string{"current_application_data": "${system touch}"}
		if !slices.ContainsFunc(strings.Split(way, "\n"), func(step string) bool {
			how, text, _ := strings.Cut(step, " ")
			text = strings.NewReplacer("TOUCH", "touch /tmp/x", "FILE", "/tmp/x", "DIR", "/tmp", "UUID", "1", "LEG", liveLeg, "URL", "system%20touch").Replace(text)
			if name, value, ok := strings.Cut(text, "="); ok && how == "var" {
				vars[name] = value
			}
			_, ok := permitted(call(&g, vars), how, text)
			return !ok
		}) {
			t.Errorf("every step passes: %q", way)
		}
	}
}

// A form of time may make any word, so it is unknown what is executed.
func TestAFormOfTimeIsUnknown(t *testing.T) {
	g := Grants{API: Rule{Allow: []Name{"p", "system"}}}
	if err := g.CheckApp("strftime", "api_hangup_hook=%p"); err == nil {
		t.Error("it passes")
	}
}
