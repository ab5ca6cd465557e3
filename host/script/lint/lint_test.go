package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/lint"
)

func checker() *lint.Checker { return lint.New(bindings.New(bindings.Deps{}).Modules()) }

// check returns the findings in a script as lines "LINE: MESSAGE".
func check(t *testing.T, c *lint.Checker, src string, others ...string) string {
	t.Helper()
	var files []*lint.File
	for _, text := range append([]string{src}, others...) {
		f, err := c.Read("x.lua", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		files = append(files, f)
	}
	var lines []string
	for _, x := range c.Check(files[0], func() lint.Others { return lint.Others{Sure: files} }) {
		lines = append(lines, fmt.Sprintf("%d: %s", x.Line, x.Message))
	}
	return strings.Join(lines, "\n")
}

// TestAModuleOfTheTree: require finds the tree's own module before eslua's.
func TestAModuleOfTheTree(t *testing.T) {
	c := checker()
	f, err := c.Read("a.lua", `local json = require "json" json.decod("{}")`)
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]int{"json.lua": 0, "json/init.lua": 0, "lib/json.lua": 1} {
		own, err := c.Read(name, "return {}")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Check(f, func() lint.Others { return lint.Others{Sure: []*lint.File{f, own}} }); len(got) != found {
			t.Errorf("beside %s: %v", name, got)
		}
	}
}

// TestMistakes shows each kind of mistake; an empty message stands for none.
func TestMistakes(t *testing.T) {
	c := checker()
	for src, want := range map[string]string{
		// Methods of session, api, event and of what other functions return.
		`session:anwser()`:                        `1: session:anwser does not exist; did you mean session:answer?`,
		`session:ANSWER()`:                        `1: session:ANSWER does not exist; did you mean session:answer?`,
		"local s = session\n\ns:fooBar()":         `3: session:fooBar does not exist; eslua doc session lists what there is`,
		`freeswitch.Session("a/b"):hangupp()`:     `1: session:hangupp does not exist; did you mean session:hangup?`,
		`local a = freeswitch.API() a:excute("")`: `1: api:excute does not exist; did you mean api:execute?`,
		`local e = freeswitch.Event("CUSTOM", "a::b")
if argv[1] then e:addheader("a", "b") end`: `2: event:addheader does not exist; did you mean event:addHeader?`,
		`session:schedHangup(5):cancell()`: `1: task:cancell does not exist; did you mean task:cancel?`,
		`session:schedHangup(5):Cancel()`:  ``,
		`local f = io.open("x") f:reed()`:  `1: file:reed does not exist; did you mean file:read?`,
		`session:uuid()`:                   `1: session.uuid is a value; it cannot be called`,
		`print(session.uuid)`:              ``,
		`print(session.uid:len())`:         `1: session.uid does not exist; did you mean session.uuid?`,
		`session.answer()`:                 `1: a method is called with a colon: write session:answer()`,
		`session.answer(session)`:          ``,
		"local s\ns = freeswitch.Session()\nif x then s = freeswitch.Session('a') end\ns:foo2()":                   `4: session:foo2 does not exist; eslua doc session lists what there is`,
		"local s = session\ns = argv\ns:foo2()":                                                                    ``,
		"session = require 'mock'\nsession:foo2()":                                                                 ``,
		"function f(s) s:foo2() end":                                                                               ``,
		"function cb(s, kind, data)\n  s:hagnup()\nend\nsession:setInputCallback('cb')":                            `2: session:hagnup does not exist; did you mean session:hangup?`,
		"function cb(s)\n  s:hagnup()\nend\nsession:setInputCallback('cb')\nsession:setInputCallback('cb', 'arg')": `2: session:hagnup does not exist; did you mean session:hangup?`,
		"function cb(s)\n  s = argv\n  s:hagnup()\nend\nsession:setInputCallback('cb')":                            ``,

		`freeswitch.API():executeString("statsu")`:           `1: api:executeString: FreeSWITCH has no API command "statsu"; did you mean status?`,
		`freeswitch.API():execute("uuid_kil", argv[1])`:      `1: api:execute: FreeSWITCH has no API command "uuid_kil"; did you mean uuid_kill?`,
		`freeswitch.API():executeString("my_own command")`:   ``,
		`freeswitch.API():executeString("uuid_kil " .. "x")`: ``,

		// The global api is an object too, and more.
		`api:execute("uuid_kil", "x")`:                                                     `1: api:execute: FreeSWITCH has no API command "uuid_kil"; did you mean uuid_kill?`,
		"api = freeswitch.API()\napi:excute('x', 'y')":                                     `2: api:excute does not exist; did you mean api:execute?`,
		"api = freeswitch.API();\nfunction f() return api:executeString('statsu') end f()": `2: api:executeString: FreeSWITCH has no API command "statsu"; did you mean status?`,
		"api = api or freeswitch.API()\napi:excute('x', 'y')":                              `2: api:excute does not exist; did you mean api:execute?`,
		"local api = api or freeswitch.API()\napi:excute('x', 'y')":                        `2: api:excute does not exist; did you mean api:execute?`,
		`api.node("fs2"):execute("status") for _, n in ipairs(api.nodes()) do end`:         ``,
		"api = freeswitch.API()\napi.node('fs2'):execute('status')":                        ``,
		"api = argv\napi:excute('x', 'y')":                                                 ``,

		// What require returns.
		`local json = require "json" json.decod("{}")`:                                  `1: json.decod does not exist; did you mean json.decode?`,
		`local m = require("md5") local t = m.sumhex("x")`:                              `1: md5.sumhex does not exist; did you mean md5.sumhexa?`,
		`local c = require("cjson.safe") local t = c.decod("{}")`:                       ``,
		`require "json".encode({}, 2).x()`:                                              ``,
		`local json = require "json" json.decode("{}")`:                                 ``,
		`local json = require "json" json.extra = 1 json.extra()`:                       ``,
		`local json = require "json" if json.extra then json.extra() end`:               ``,
		`package.preload["json"] = function() end local j = require "json" j.decod("")`: ``,
		`local sha1 = require "sha1" sha1("x")`:                                         ``,
		`local mime = require "mime" mime.anything("x")`:                                ``,
		`local json = argv[1] and require "json" or {} json.decod()`:                    ``,

		// Names of the libraries, and those that eslua lacks.
		`freeswitch.consolelog("info", "x")`:                               `1: freeswitch.consolelog does not exist; did you mean freeswitch.consoleLog?`,
		`print(string.foramt("%d", 1))`:                                    `1: string.foramt does not exist; did you mean string.format?`,
		`print(("x"):uper())`:                                              `1: string.uper does not exist; did you mean string.upper?`,
		`local db = freeswitch.CoreSession("dsn")`:                         `1: eslua has no freeswitch.CoreSession: ` + advice(t, "freeswitch.CoreSession"),
		`if freeswitch.CoreSession then freeswitch.CoreSession("dsn") end`: ``,
		`pcall(function() freeswitch.CoreSession("dsn") end)`:              ``,
		`pcall(function() freeswitch.Sesion("x") end)`:                     `1: freeswitch.Sesion does not exist; did you mean freeswitch.Session?`,
		`pcall(table.move, "ls")`:                                          ``,
		`table.move("ls")`:                                                 `1: eslua has no table.move: ` + advice(t, "table.move"),
		"local run = table.move\nrun('ls')":                                `2: eslua has no table.move: ` + advice(t, "table.move"),
		"local run = table.move\nif run then run('ls') end":                ``,
		`session:getPrivate("x")`:                                          `1: eslua has no session:getPrivate: use session:getVariable`,
		`if session.getPrivate then session:getPrivate("x") end`:           ``,
		`dofile("lib.lua")`:                                                ``,
		`dofile(argv[1]) print(x)`:                                         ``,
		`dofile()`:                                                         `1: dofile takes at least 1 argument, not 0: write dofile(s)`,
		`print(env:serialize())`:                                           ``,
		`if env then print(env:serialize()) end`:                           ``,
		`stream:write("x")`:                                                ``,
		`stream:wirte("x")`:                                                `1: stream:wirte does not exist; did you mean stream:write?`,
		"function string.trim(s) return s end\nprint(('x'):trim(), string.trim('x'))":   ``,
		"string['trim'] = print\nstring.trim('x')":                                      ``,
		"for k, f in pairs(extras) do string[k] = f end\nstring.trim('x')\nextras = {}": ``,
		"extend(string)\nstring.trim('x')\nfunction extend(t) end":                      ``,
		"local s = string\nfunction s.trim() end\nstring.trim('x')":                     ``,

		// Globals.
		`print(extension)`:                             `1: nothing sets the global "extension"`,
		"local extension = 1\nprint(extenson)":         `2: nothing sets the global "extenson"; did you mean extension?`,
		"do local x1 = 1 end\nprint(x1)":               `2: nothing sets the global "x1" (the local of line 1 is not visible here)`,
		"print(helper())\nlocal function helper() end": `1: nothing sets the global "helper" (the local of line 2 is not visible here)`,
		"print(helper())\nfunction helper() end":       ``,
		`if debug_mode then print("x") end`:            ``,
		`if debug_mode then print(debug_mode) end`:     ``,
		`x = x or 5`:                            ``,
		`if type(x) == "nil" then print(x) end`: ``,
		`_G.x = 1 print(x)`:                     ``,
		`_G["x"] = 1 print(x)`:                  ``,
		`for k, v in pairs(settings) do _G[k] = v end print(x)`: ``,
		`setfenv(1, argv) print(x)`:                             ``,
		`loadstring(argv[1])() print(x)`:                        ``,
		`print(_G.x)`:                                           ``,
		`print(_G.session:foo2())`:                              `1: session:foo2 does not exist; eslua doc session lists what there is`,
		`local function f(...) return arg.n end`:                ``,
		`local t = {} function t:m() return self end`:           ``,
		`sesion:answer()`:                                       `1: nothing sets the global "sesion"; did you mean session?`,

		// Arguments.
		`session:sleep()`:                         `1: session:sleep takes 1 to 2 arguments, not 0: write session:sleep(milliseconds, [sync])`,
		`session:answer(1)`:                       `1: session:answer takes 0 arguments, not 1: write session:answer()`,
		`session:sleep("a while")`:                `1: session:sleep: argument 1 (milliseconds) is text, not a whole number: write session:sleep(milliseconds, [sync])`,
		`session:sleep("100")`:                    ``,
		`session:sleep(unpack(argv))`:             ``,
		`session:sleep(1, 2, unpack(argv))`:       ``,
		`session:sleep(1, 2, 3, unpack(argv))`:    `1: session:sleep takes 1 to 2 arguments, not 3: write session:sleep(milliseconds, [sync])`,
		`session:setAutoHangup(0)`:                `1: session:setAutoHangup: argument 1 (on) is a number, not true or false: write session:setAutoHangup(on)`,
		`session:streamFile(nil)`:                 ``,
		`session:streamFile({})`:                  `1: session:streamFile: argument 1 (path) is a table, not text: write session:streamFile(path, [start])`,
		`freeswitch.bridge(session, "user/1000")`: `1: freeswitch.bridge: argument 2 (b) is text, not an object of the class Session: write freeswitch.bridge(a, b)`,
		`session:sendEvent(session)`:              `1: session:sendEvent: argument 1 (event) is a session, not an object of the class Event: write session:sendEvent(event)`,
		`freeswitch:consoleLog("info", "x")`:      `1: with a colon the table freeswitch is the first argument: write freeswitch.consoleLog(level, text)`,
		`string.rep("x")`:                         `1: string.rep takes at least 2 arguments, not 1: write string.rep(s, n)`,
		`("x"):rep()`:                             `1: string.rep takes at least 2 arguments, not 1: write string.rep(s, n)`,
		`("x"):rep("many")`:                       `1: string.rep: argument 2 (n) is text, not a number: write string.rep(s, n)`,
		`tonumber()`:                              `1: tonumber takes at least 1 argument, not 0: write tonumber(value, [n])`,
		`ipairs("x")`:                             `1: ipairs: argument 1 (table) is text, not a table: write ipairs(table)`,
		`string.format("%d of %5.2f%%", 1)`:       `1: string.format: the format has 2 conversions, but there are 1 values`,
		`("%s"):format(session:get_uuid())`:       ``,

		// Causes and callbacks, which are texts.
		`session:hangup("USER_BUZY")`:                              `1: session:hangup: "USER_BUZY" is not a hangup cause; did you mean USER_BUSY?`,
		`session:execute("playbakc", "a.wav")`:                     `1: session:execute: FreeSWITCH has no application "playbakc"; did you mean playback?`,
		`session:execute("my_own", "a.wav")`:                       ``,
		`session:hangup("user_busy")`:                              ``,
		`session:hangup("17")`:                                     ``,
		`local c = "BUSSY" session:schedHangup(5, c)`:              `1: session:schedHangup: "BUSSY" is not a hangup cause; did you mean USER_BUSY?`,
		`session:setHangupHook("gone")`:                            `1: session:setHangupHook: there is no global function "gone"`,
		"local function gone() end\nsession:setHangupHook('gone')": `2: session:setHangupHook: there is no global function "gone": define it without local in line 1`,
		`session:setInputCallback("", "")`:                         ``,
	} {
		if got := check(t, c, src); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

func advice(t *testing.T, name string) string {
	for _, m := range bindings.New(bindings.Deps{}).Modules() {
		if text := m.Absent[name]; text != "" {
			return text
		}
	}
	t.Fatalf("%s is not absent", name)
	return ""
}

// TestOtherFiles: the scripts that run with one count.
func TestOtherFiles(t *testing.T) {
	c := checker()
	for _, x := range []struct{ src, other, want string }{
		{`print(extension)`, `extension = 1`, ``},
		{`print(extension)`, `function extension() end`, ``},
		{`print(extenson)`, `extension = 1`, `1: nothing sets the global "extenson"; did you mean extension?`},
		{`print(extension)`, `local extension = 1`, `1: nothing sets the global "extension"`},
		{`print(x)`, `for k, v in pairs(settings) do _G[k] = v end`, ``},
		{`session:foo2()`, `session = {}`, ``},
		{`string.trim("x")`, `function string.trim() end`, ``},
		{`string.trim("x")`, `setmetatable(string, {})`, ``},
		{`session:setHangupHook("gone")`, `function gone() end`, ``},
		{`freeswitch.CoreSession("x")`, `freeswitch.CoreSession = print`, ``},
		{`session:sleep()`, `session = {}`, ``},
	} {
		if got := check(t, c, x.src, x.other); got != x.want {
			t.Errorf("%s with %s\n got %s\nwant %s", x.src, x.other, got, x.want)
		}
	}
}

// TestCertain: what runs in every run, and fails there.
func TestCertain(t *testing.T) {
	c := checker()
	for src, want := range map[string]bool{
		`session:anwser()`:                            true,
		`local x = session:anwser()`:                  true,
		`do session:anwser() end`:                     true,
		`if argv[1] then session:anwser() end`:        false,
		`local x = argv[1] and session:anwser()`:      false,
		`function f() session:anwser() end`:           false,
		`for i = 1, 2 do session:anwser() end`:        false,
		`while true do session:anwser() end`:          false,
		`do return end session:anwser()`:              false,
		`if argv[1] then return end session:anwser()`: true,
		`goto done session:anwser() ::done::`:         false,
		`pcall(function() session:anwser() end)`:      false,
		`session:sleep()`:                             true,
		`session:hangup("USER_BUZY")`:                 false, // FreeSWITCH takes another cause
		`print(nowhere)`:                              false,
		`nowhere()`:                                   true,
		`print("x" .. nowhere)`:                       true,
	} {
		f, err := c.Read("x.lua", src)
		if err != nil {
			t.Fatal(err)
		}
		found := c.Check(f, func() lint.Others { return lint.Others{} })
		if len(found) != 1 || found[0].Certain != want {
			t.Errorf("%s: %+v, want certain %v", src, found, want)
		}
	}
}
