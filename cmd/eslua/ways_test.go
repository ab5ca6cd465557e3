package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/testproc"
)

// TestLiveWaysIn runs the scripts of testdata/ways in the ways in which mod_lua runs scripts
// without a call, in a FreeSWITCH that has them in its lua.conf, and in eslua's ways, beside a
// FreeSWITCH that asks eslua; and compares what the scripts say and what comes of it. It
// starts both FreeSWITCHes.
func TestLiveWaysIn(t *testing.T) {
	dir := publicCopy(t, "testdata/ways")
	writeAttachments(t, dir)
	hosts := []*wayHost{waysOfModLua(t, dir), waysOfEslua(t, dir)}
	for _, h := range hosts {
		h.wait(t)
	}
	hosts[1].eslua.next(t, "connected to FreeSWITCH")
	for _, w := range waysIn {
		t.Run(w.name, func(t *testing.T) {
			var seen [2][]string
			for i, h := range hosts {
				h.T = t
				seen[i] = w.try(h)
				for k, line := range seen[i] {
					seen[i][k] = anyTime.ReplaceAllString(anyUUID.ReplaceAllString(strings.Join(strings.Fields(line), " "), "UUID"), "TIME")
				}
			}
			missing, added := difference(seen[0], seen[1])
			differs := func(line string) bool { return w.differs != "" && regexp.MustCompile(w.differs).MatchString(line) }
			if len(seen[0]) == 0 {
				t.Error("nothing was seen")
			}
			for _, line := range slices.DeleteFunc(missing, differs) {
				t.Error("not under eslua:", line)
			}
			for _, line := range slices.DeleteFunc(added, differs) {
				t.Error("under eslua only:", line)
			}
			hosts[1].eslua.complaints(t)
			if t.Failed() {
				t.Logf("under mod_lua:\n%s\nunder eslua:\n%s", strings.Join(seen[0], "\n"), strings.Join(seen[1], "\n"))
			}
		})
	}
}

// complaints logs what the server has to complain about, if the test has failed.
func (s *server) complaints(t *testing.T) {
	for {
		select {
		case line := <-s.lines:
			if t.Failed() && !strings.Contains(line, "level=INFO") {
				t.Log(line)
			}
			continue
		default:
			return
		}
	}
}

// A wayIn is a way in which a script comes to run.
type wayIn struct {
	name    string
	try     func(*wayHost) []string // does what has it run, and returns what is seen
	differs string                  // matches the lines that differ on purpose
}

// A wayHost runs the scripts of testdata/ways.
type wayHost struct {
	*testing.T
	*ownSwitch
	eslua   *server // nil: mod_lua
	sockets string  // where eslua takes calls
	scripts string
	mails   func() (to, text string) // returns the last one
}

func waysOfModLua(t *testing.T, dir string) *wayHost {
	mailer, mails := programMails(t, dir)
	s := startSwitch(t, freePort(t), dir, "mod_sms mod_lua", map[string]string{
		"switch": mailer,
		"configuration": `<configuration name="lua.conf"><settings>
<param name="script-directory" value="` + dir + `/?.lua"/>
<param name="xml-handler-script" value="handler.lua a 'b c'"/>
<param name="xml-handler-bindings" value="configuration|directory|dialplan|phrases|languages|chatplan"/>
<param name="startup-script" value="startup.lua a 'b c'"/>
<hook event="CUSTOM" subclass="ways::fired" script="hook.lua x 'y z'"/>
<hook event="CHANNEL_ANSWER" script="hook.lua"/>
</settings></configuration>`,
	})
	return &wayHost{ownSwitch: s, scripts: dir, mails: mails}
}

func waysOfEslua(t *testing.T, dir string) *wayHost {
	address, lookups, sockets, letters := freePort(t), freePort(t), freePort(t), freePort(t)
	mails := serveMails(t, letters)
	write(t, dir, "eslua.yaml", `
nodes: [{name: fs, address: "`+address+`", password: ClueCon}]
startup: ["startup.lua a 'b c'"]
hooks:
  - {event: CUSTOM, subclass: "ways::fired", script: "hook.lua x 'y z'"}
  - {event: CHANNEL_ANSWER, script: hook.lua}
xml:
  address: `+lookups+`
  scripts: {directory: "handler.lua a 'b c'", dialplan: "handler.lua a 'b c'", phrases: "handler.lua a 'b c'", languages: "handler.lua a 'b c'", chatplan: "handler.lua a 'b c'", configuration/*: "handler.lua a 'b c'"}
mail: {server: "`+letters+`", tls: none}
grants: {mail: ["*@example.org"], read: ["`+dir+`"]}
flows:
  leave: {on_hangup: "hangup.lua a ${own} b"}
`)
	e := startServer(t, testproc.Context(t), &program{clock: clock.System(), getenv: noEnv}, "--config", dir+"/eslua.yaml", "--scripts", dir, "--listen", sockets)
	s := startSwitch(t, address, dir, "mod_sms mod_xml_curl", map[string]string{
		"configuration": `<configuration name="xml_curl.conf"><bindings><binding name="eslua"><param name="gateway-url" value="http://` + lookups + `/" bindings="directory|dialplan|phrases|languages|chatplan|configuration"/><param name="timeout" value="10"/></binding></bindings></configuration>`,
	})
	return &wayHost{ownSwitch: s, eslua: e, sockets: sockets, scripts: dir, mails: mails.last}
}

// run has a script run by hand, and returns its output.
func (h *wayHost) run(command, script string, args ...string) (output string) {
	if h.eslua == nil {
		for _, a := range args {
			if strings.Contains(a, " ") {
				a = "'" + a + "'"
			}
			script += " " + a
		}
		return h.api(h.T, command+" "+script)
	}
	err := h.eslua.admin().Run(h.Context(), job.Order{Script: script, Args: args, Print: func(line string) { output += line + "\n" }, Said: func(string, string) {}}, command == "luarun")
	if err != nil {
		output += "-ERR " + err.Error()
	}
	return output
}

// until collects what the scripts say until it returns true for an event.
func (h *wayHost) until(over func(esl.Event) bool) (said []string) {
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case e := <-h.seen:
			if e.Get("Event-Subclass") == "ways::said" {
				said = append(said, "said "+strings.Clone(e.Get("Words")))
			}
			if over(e) {
				return said
			}
		case <-late.C:
			h.Errorf("the end does not come; until now\n%s", strings.Join(said, "\n"))
			return said
		}
	}
}

// ends returns a condition for until: the script has said so n times.
func ends(n int) func(esl.Event) bool {
	return func(e esl.Event) bool {
		if e.Get("Event-Subclass") == "ways::said" && e.Get("Words") == "end" {
			n--
		}
		return n == 0
	}
}

// asked returns what an API command answers, and what the script said that was asked for it.
func (h *wayHost) asked(commands ...string) (lines []string) {
	for _, c := range commands {
		answer := h.api(h.T, c)
		mark := uuid.NewString()
		h.fire(mark, "")
		lines = append(lines, h.until(func(e esl.Event) bool { return e.Get("Event-Subclass") == mark })...)
		lines = append(lines, c+": "+answer)
	}
	return lines
}

func (h *wayHost) fire(subclass, body string, headers ...string) {
	text := fmt.Sprintf("sendevent CUSTOM\nEvent-Subclass: %s\n%s", subclass, strings.Join(append(headers, ""), "\n"))
	if body != "" {
		text += fmt.Sprintf("Content-Length: %d\n\n%s", len(body), body)
		_, err := h.conn.Write([]byte(text))
		if err != nil {
			h.Fatal(err)
		}
		return
	}
	h.send(h.T, strings.TrimRight(text, "\n"))
}

// call has a channel run an extension, and returns what FreeSWITCH ran and how it ended.
func (h *wayHost) call(variables, extension string) (lines []string) {
	id := uuid.NewString()
	h.send(h.T, "bgapi originate {origination_uuid="+id+",origination_caller_id_number=1000"+variables+"}null/x "+extension)
	var ran []string
	said := h.until(func(e esl.Event) bool {
		if e.Get("Unique-ID") != id {
			return false
		}
		switch e.Name() {
		case "CHANNEL_EXECUTE":
			if app := e.Get("Application"); app != "socket" && app != "lua" {
				ran = append(ran, strings.Clone("ran "+app+" "+e.Last("Application-Data")))
			}
		case "CHANNEL_HANGUP_COMPLETE":
			for _, name := range []string{"hangup_cause", "group", "any", "both", "first", "phrased", "by_hook", "by_session"} {
				if v := e.Get("variable_" + name); v != "" {
					ran = append(ran, strings.Clone(name+"="+v))
				}
			}
		case "CHANNEL_DESTROY":
			return true
		}
		return false
	})
	return append(said, ran...)
}

var waysIn = []wayIn{
	{name: "luarun", try: func(h *wayHost) []string {
		h.run("luarun", "run.lua", "one", "b c", "d'e")
		return h.until(ends(1))
	}},
	{name: "lua", differs: `^said run.lua`, try: func(h *wayHost) []string {
		out := h.run("lua", "run.lua", "two")
		return append(h.until(ends(1)), "output "+out)
	}},
	{name: "lua without arguments", differs: `^said run.lua`, try: func(h *wayHost) []string {
		out := h.run("lua", "run.lua")
		return append(h.until(ends(1)), "output "+out)
	}},
	{name: "lua fails", differs: `^output `, try: func(h *wayHost) []string {
		out := h.run("lua", "fails.lua")
		return append(h.until(ends(1)), "output "+out)
	}},
	{name: "startup-script", try: func(h *wayHost) []string {
		lines := h.asked("hash select/ways/startup")
		h.fire("ways::ask", "a body", "Question: who")
		return append(lines, h.until(ends(1))...)
	}},
	{name: "hook", try: func(h *wayHost) []string {
		h.fire("ways::fired", "a body", "One: 1", "two: ü & %41")
		h.fire("ways::fired", "")
		h.fire("ways::other", "")
		return h.until(ends(2))
	}},
	{name: "hook for a channel", try: func(h *wayHost) []string {
		return h.call(",own=yes,hooked=yes", "sleep:1000,hangup:USER_BUSY inline")
	}},
	{name: "api_hangup_hook", differs: `^said (Event-Name|api_hangup_hook) `, try: func(h *wayHost) []string {
		id := uuid.NewString()
		run := "set:api_hangup_hook=lua hangup.lua a ${own} b"
		if h.eslua != nil {
			run = "socket:" + h.sockets + "/leave async full"
		}
		h.send(h.T, "bgapi originate {origination_uuid="+id+",own=yes}null/x 'm:^:"+run+"^sleep:100^hangup:USER_BUSY' inline")
		return h.until(ends(1))
	}},
	{name: "directory", try: func(h *wayHost) []string {
		return h.asked("user_exists id 1000 example.org", "user_exists id 1000 other.org", "user_exists id 1009 example.org", "user_data 1000@example.org param password",
			"user_data 1000@example.org var effective_caller_id_name", "user_data 1000@example.org var of_domain", "user_data zoe@example.org attr id",
			"domain_exists example.org", "domain_exists other.org", "find_user_xml id 1000 example.org", "group_call sales@example.org", "in_group 1000@example.org sales",
			"xml_locate directory domain name example.org")
	}},
	{name: "dialling a user", try: func(h *wayHost) []string {
		return h.asked("originate user/1000@example.org hangup inline", "originate user/1009@example.org hangup inline")
	}},
	{name: "dialplan", differs: `^said params (Caller|Hunt|variable)[-_][Tt]ransfer`, try: func(h *wayHost) (lines []string) {
		for _, number := range []string{"plan1", "plan23", "other", "none", "empty", "broken", "error", "notfound"} {
			lines = append(lines, number)
			lines = append(lines, h.call(",own=7", number+" XML here")...)
		}
		return append(lines, h.call("", "plan1 XML here")...)
	}},
	{name: "dialplan LUA", differs: `^said (asked|params) `, try: func(h *wayHost) []string {
		if h.eslua == nil {
			return h.call(",own=7", "1000 LUA plan.lua")
		}
		return h.call(",own=7", "actions XML here")
	}},
	{name: "configuration", try: func(h *wayHost) []string {
		return h.asked("xml_locate configuration configuration name ways.conf", "xml_locate configuration configuration name ways2.conf", "reloadacl", "acl 192.0.2.1 ways", "acl 192.0.3.1 ways")
	}},
	{name: "phrases", differs: `^said params (Caller|Hunt|variable)[-_][Tt]ransfer`, try: func(h *wayHost) []string {
		return h.call("", "'m:^:answer^phrase:ways,440^hangup' inline")
	}},
	{name: "email", differs: `^mail part (audio/inline|application/octet-stream) text`, try: tryMails},
	{name: "chatplan", try: func(h *wayHost) []string {
		return h.asked("chat GLOBAL_SMS|me@example.org|ways1@example.org|hello")
	}},
}
