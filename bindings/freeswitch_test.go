package bindings_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
)

func TestAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		local api = freeswitch.API(session)
		r = api:execute(" uuid_exists", session:get_uuid()) .. api:executeString("uuid_exists  nobody \n")
		r2 = api:execute("global_getvar", "no_such") .. "|" .. api:execute("") .. "|" .. api:execute("domain_exists", "x") .. api:executeString("  echo x") .. api:executeString(" ") .. api:execute(" ")
		r3 = tonumber(api:getTime()) > 9e11 and type(api:getTime()) -- milliseconds
		r4 = api:execute("echo", "a\0b") .. tostring(pcall(freeswitch.API, "x")) .. tostring(pcall(freeswitch.API, nil))
	`)
		const unknown = "INVALID COMMAND!\n"
		o.want(t, "r", "truefalse", "r2", "|-ERR No application specified|"+unknown+unknown+unknown+unknown, "r3", "string", "r4", "afalsetrue")
	})
}

// A line of the event socket holds no line break; a call's command gets it all the same.
func TestAPIWithLineBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		local api = freeswitch.API()
		r = api:execute("echo", "one\r\ntwo ${domain} 'three' \\n\n")
		r2 = api:executeString("domain_exists a\nb") .. tostring(session:getVariable("eslua_api_arguments"))
		r3 = api:execute("echo\nx", "y") .. select(2, pcall(api.execute, api, "sched_api", "+1 none \nsystem ls")):match("allow: .system.")
		session:setVariable("cut", "a\0b") r4 = session:getVariable("cut")
		session:hangup()
		hooked = api:execute("echo", "a\nb")
	`)
		o.want(t, "r", "one\r\ntwo ${domain} 'three' \\n", "r2", "INVALID COMMAND!\nnil", "r3", "INVALID COMMAND!\nallow: [system]", "r4", "a", "hooked", "-ERR a line break cannot be sent\n")
		if !h.log.has("ERROR a command with a line break was not run") {
			t.Error("the log does not say that the command was not run")
		}
		o = h.execute(`r = freeswitch.API():execute("echo", "a\nb")`, host.NoSwitch{}, "")
		o.want(t, "r", "-ERR a line break cannot be sent\n")
	})
}

func TestGlobalVariables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"global_setvar"}}}
		_, o := h.runScript(`
		r = freeswitch.getGlobalVariable("domain")
		freeswitch.setGlobalVariable("mark", "so  it goes")
		r2 = freeswitch.getGlobalVariable("mark")
		freeswitch.setGlobalVariable("mark", "")
		r3 = freeswitch.getGlobalVariable("mark")
		r4 = select(2, pcall(freeswitch.setGlobalVariable, "a=b", "c"))
		ready = freeswitch.running()
		freeswitch.consoleLog("WARNING", "careful\n")
		freeswitch.consoleLog2("3", "x.lua", "main", 7, "bad")
		freeswitch.consoleCleanLog("quiet")
		session:consoleLog("no such level", "deep")
		freeswitch.msleep(5)
	`)
		o.want(t, "r", "example.org", "r2", "so  it goes", "r3", "nil", "ready", "true")
		if !strings.Contains(o.text("r4"), "global variable") {
			t.Errorf("r4 is %s", o.text("r4"))
		}
		for _, line := range []string{"WARN careful", "ERROR x.lua:7 main: bad", "DEBUG quiet", "DEBUG deep"} {
			if !h.log.has(line) {
				t.Errorf("not in the log: %s", line)
			}
		}
	})
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		local e = freeswitch.Event("custom", "eslua::test")
		r = tostring(e:addHeader("X-Mark", "it's 50% done")) .. tostring(e:addHeader("X-None", nil)) .. tostring(e:delHeader("Nothing"))
		e:addBody("hello\nworld")
		r2 = e:getType() .. e:getHeader("x-mark") .. e:getBody() .. tostring(e:getHeader("none"))
		r3 = e:serialize():gsub("Core%-UUID: .-Event%-Calling%-File: test.lua\nEvent%-Calling%-Function: Event\nEvent%-Calling%-Line%-Number: 2\n", "") == "Event-Name: CUSTOM\nEvent-Subclass: eslua%3A%3Atest\nX-Mark: it's%2050%25%20done\nContent-Length: 11\n\nhello\nworld"
			and (e:serialize("json"):gsub('"Core%-UUID":.-"Event%-Calling%-File":"test.lua","Event%-Calling%-Function":"Event","Event%-Calling%-Line%-Number":"%d+",', "")) == '{"Event-Name":"CUSTOM","Event-Subclass":"eslua::test","X-Mark":"it\'s 50% done","Content-Length":"11","_body":"hello\\nworld"}'
		session:setVariable("mine", "now")
		session:setEventData(e)
		e:addHeader("X-Lines", "a\r\nb: c")
		e:addHeader("X Blank inside", "b")
		local copy = freeswitch.Event("json", e:serialize("json"))
		r4 = tostring(copy:getHeader("Caller-Caller-ID-Number")) .. tostring(copy:merge(e)) .. tostring(e:setPriority()) .. e:getHeader("priority") .. e:getHeader("variable_mine")
		finished = e:fire()
		local bad = freeswitch.Event("CUSTOM", "eslua::test")
		bad:addHeader("X: y\nZ", "a")
		ready = bad:fire()
	`)
		events := h.events("CUSTOM", "eslua::test")
		h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "truefalsefalse", "r2", "CUSTOMit's 50% donehello\nworldnil", "r3", "true", "r4", "1000truetrueNORMALnow", "finished", "true", "ready", "false")
		if t.Failed() {
			return
		}
		got, err := events.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Get("X Blank inside") != "b" {
			t.Errorf("a header with a blank in its name was fired as %q", got.Get("X Blank inside"))
		}
		if got.Get("X-Lines") != "a\r\nb: c" {
			t.Errorf("line ends were fired as %q", got.Get("X-Lines"))
		}
		if got.Get("X-Mark") != "it's 50% done" || got.Body() != "hello\nworld" || got.Get("Event-Subclass") != "eslua::test" {
			t.Errorf("FreeSWITCH fired %q %q", got.Get("X-Mark"), got.Body())
		}
	})
}

// events returns a connection on which the switch sends events.
func (h *harness) events(names ...string) *esl.Conn {
	h.t.Helper()
	nc, err := h.network.Dial(h.t.Context(), h.sw.Addr())
	if err != nil {
		h.t.Fatal(err)
	}
	conn := esl.NewConn(nc, esl.Options{})
	h.t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Next(h.t.Context()); err != nil { // auth/request
		h.t.Fatal(err)
	}
	for _, build := range []func() (esl.Command, error){
		func() (esl.Command, error) { return esl.Auth("ClueCon") },
		func() (esl.Command, error) { return esl.Subscribe("plain", names...) },
	} {
		cmd, err := build()
		if err == nil {
			_, err = conn.Do(h.t.Context(), cmd)
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return conn
}

// node returns a control connection to the switch.
func (h *harness) node() *node.Link {
	h.t.Helper()
	up := make(chan struct{})
	h.when("connected to FreeSWITCH", func() { close(up) })
	link := node.New(node.Node{Name: "sim", Address: h.sw.Addr(), Password: "ClueCon"}, slog.New(h.log), clock.System(), node.Options{Dial: h.network.Dial})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = link.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); <-done })
	<-up
	return link
}

// execute runs a script without a call.
func (h *harness) execute(script string, sw host.Switch, listener string) outcome {
	h.t.Helper()
	sc, err := vm.Compile("job.lua", []byte(script))
	if err != nil {
		h.t.Fatal(err)
	}
	st := h.machine.NewState(vm.StateOptions{Limits: h.limits, Print: h.print})
	defer st.Close()
	end := h.set.Bind(&host.Env{
		Quota: h.quota,
		State: st, Switch: sw, Flow: "job", Listener: listener, Grants: h.grants, Log: slog.New(h.log), Clock: clock.System(),
		Console: host.NewConsole(slog.New(h.log), nil),
	})
	err = st.Run(h.t.Context(), sc, []string{"job"})
	end(h.t.Context())
	return outcome{err: err, globals: globals(st)}
}

func TestScriptWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		link := h.node()
		o := h.execute(`
		r = type(session)
		r2 = freeswitch.API():execute("uuid_exists", "x")
		local leg = freeswitch.Session("user/1001")
		r3 = tostring(leg:ready()) .. leg:streamFile("`+prompt+`")
		ready = freeswitch.running()
		freeswitch.Event("CUSTOM", "a::b"):fire()
	`, link, h.addr)
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "nil", "r2", "false", "r3", "true1", "ready", "true")
	})
}

func TestScriptWithoutAnyFreeSWITCH(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		o := h.execute(`
		ready = freeswitch.running()
		r = select(2, pcall(function() return freeswitch.API():execute("status") end))
		r2 = select(2, pcall(freeswitch.getGlobalVariable, "domain"))
		r3 = select(2, pcall(freeswitch.Session, "user/1001"))
		r4 = freeswitch.Event("CUSTOM", "a::b"):fire()
		finished = true
	`, host.NoSwitch{}, "")
		o.want(t, "ready", "false", "r4", "false", "finished", "true")
		for _, name := range []string{"r", "r2"} {
			if !strings.Contains(o.text(name), "no FreeSWITCH") {
				t.Errorf("%s is %s", name, o.text(name))
			}
		}
		if !strings.Contains(o.text("r3"), "cannot dial") {
			t.Errorf("r3 is %s", o.text("r3"))
		}
	})
}

func TestJSON(t *testing.T) {
	for _, c := range [][2]string{
		{`json:encode({ 1, "two", true, { a = 1.5 }, {} })`, `[1,"two",true,{"a":1.5},{}]`},
		{`json:encode({ text = "a\"b\nc</x>" })`, `{"text":"a\"b\nc</x>"}`},
		{`(function() json:encode_empty_table_as_object(false) return json:encode({ {} }) end)()`, `[[]]`},
		{`(function() local t = json:decode('{"a":[1,"x",[2],null,{"b":false}],"n":null,"f":1.5}') return t.a[1] .. t.a[2] .. tostring(t.a[3].b) .. tostring(t.n) .. t.f end)()`, `1xfalsenil1.5`},
		{`tostring((json:decode("no json")))`, "nil"},
		{`json:encode({ 1e15, -9007199254740992, 2^53 + 2, -0 })`, "[1000000000000000,-9007199254740992,9007199254740994,-0]"},
		{`(function() local t = {} t.t = t return select(2, pcall(json.encode, json, t)):match("nested") end)()`, "nested"},
		{`type(json:decode(("["):rep(1000) .. ("]"):rep(1000))) .. type((json:decode(("["):rep(1001) .. ("]"):rep(1001))))`, "tablenil"},
	} {
		h := open(t, ``)
		o := h.execute("local json = freeswitch.JSON() r = "+c[0], host.NoSwitch{}, "")
		if o.err != nil || o.text("r") != c[1] {
			t.Errorf("%s is %s, %v", c[0], o.text("r"), o.err)
		}
	}
	h := open(t, ``)
	h.execute(`freeswitch.JSON():decode('{"a":x}')`, host.NoSwitch{}, "")
	if want := `WARN json:decode: this is not JSON: byte 6: expected a value, not "x}"`; !h.log.has(want) {
		t.Errorf("the log does not say %s:\n%s", want, h.log.dump())
	}
}

func TestFieldsOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:set_tts_params("flite", "slt")
		session:setInputCallback("cb", "arg")
		session:setHangupHook("hook")
		r = session.tts_name .. session.voice_name .. session.cb_function .. session.cb_arg .. session.hangup_func_str .. tostring(session.hangup_func_arg)
		r2 = tostring(session.nothing)
	`)
		o.want(t, "r", "fliteslt"+"cb"+"arg"+"hook"+"nil", "r2", "nil")
	})
}

// The bindings of one state know nothing of another state.
func TestManyCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 8
		h := open(t, `
		session:answer()
		session:setVariable("mine", session:get_uuid())
		session:streamFile("`+prompt+`")
		r = session:getVariable("mine") == session:get_uuid()
		r2 = session:getDigits(1, "", 500)
	`)
		for i := range calls {
			h.call(switchsim.OnPlayback(prompt).Press(fmt.Sprint(i)))
		}
		digits := map[string]bool{}
		for range calls {
			o := h.end()
			o.want(t, "r", "true")
			digits[o.text("r2")] = true
		}
		if len(digits) != calls {
			t.Errorf("heard %v", digits)
		}
	})
}
