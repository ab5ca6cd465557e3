package call_test

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// TestHowCallsEnd gives calls to good, broken and missing flows, and checks how the
// channel ends and what the log says. The dialplan continues with hangup NO_ANSWER
// where nothing else ends the call.
func TestHowCallsEnd(t *testing.T) {
	const dialplanWentOn = "NO_ANSWER"
	for name, c := range map[string]struct {
		path    string            // of the socket
		files   map[string]string // the script tree
		config  string
		cause   string
		logged  []string // parts of the log
		failed  bool     // as counted
		unnamed bool
	}{
		"returns at once": {
			path: "a", files: map[string]string{"a.lua": ""}, cause: dialplanWentOn,
		},
		"is not there": {
			failed: true,
			path:   "missing/7001", files: map[string]string{"a.lua": ""}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "missing.lua", "default_flow: the flows are a"},
		},
		"is in a subdirectory": {
			failed: true,
			path:   "ivr/main/7001", files: map[string]string{"a.lua": "", "ivr/main.lua": ""}, cause: dialplanWentOn,
			logged: []string{"no ivr.lua", `write ivr%2fmain for the flow ivr/main`},
		},
		"is named in another case": {
			failed: true,
			path:   "Menu", files: map[string]string{"menu.lua": "require 'lib.m'", "lib/m.lua": "", "other.lua": ""}, cause: dialplanWentOn,
			logged: []string{"no Menu.lua", "did you mean menu?"},
		},
		"does not compile": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "local x = 1\nif x the"}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "a.lua:2:"},
		},
		"fails at run time": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "local function f(x)\n  return x.y.z\nend\nf({})"}, cause: dialplanWentOn,
			logged: []string{"level=ERROR", "a.lua:2: attempt to index field 'y' (a nil value)", "fallback=continue"},
		},
		"fails in a module": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "require 'lib.m'.go()", "lib/m.lua": "return {go = function() error('no') end}"},
			cause: dialplanWentOn, logged: []string{"lib/m.lua:1: no"},
		},
		"reads a file of its generation": {
			path: "a", files: map[string]string{"a.lua": "print(io.open('lists/a.txt'):read())", "lists/a.txt": "from the list"}, cause: dialplanWentOn,
			logged: []string{"from the list"},
		},
		"falls back to a hangup": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "error('x')"}, config: "fallback: hangup USER_BUSY", cause: "USER_BUSY",
			logged: []string{`fallback="hangup USER_BUSY"`},
		},
		"falls back to a transfer of its own": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "error('x')"},
			config: "fallback: hangup USER_BUSY\nflows: {a: {fallback: transfer 9000 XML default}}", cause: "CALL_REJECTED",
		},
		"reaches its memory limit": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "local t = {}\nwhile true do t[#t+1] = ('x'):rep(1000) .. #t end"},
			config: "flows: {a: {limits: {memory: 1MiB}}}", cause: dialplanWentOn,
			logged: []string{"a.lua:2: memory limit of 1 MiB reached"},
		},
		"does what it is not granted": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "\nfreeswitch.API():execute('system', 'ls')"}, cause: dialplanWentOn,
			config: "flows: {b: {grants: {api: {allow: [system]}}}}",
			logged: []string{`a.lua:2: the API command \"system\" is not granted to this flow: it runs a program or a script on the switch; to grant it, write grants: {api: {allow: [system]}}`},
		},
		"has grants of its own": {
			path: "a", files: map[string]string{"a.lua": "if freeswitch.API():execute('system', 'ls'):find('INVALID COMMAND') then session:hangup('USER_BUSY') end"},
			config: "grants: {fire_events: false}\nflows: {a: {grants: {api: {allow: [system]}}}}", cause: "USER_BUSY",
		},
		"has the general grants": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "session:answer()\nsession:execute('log', 'x')"}, cause: dialplanWentOn,
			config: "grants: {apps: {deny: [log]}}\nflows: {a: {grants: {fire_events: false}}}",
			logged: []string{`a.lua:2: the application \"log\" is not granted`},
		},
		"is chosen by a route": {
			files:  map[string]string{"a.lua": "session:hangup(argv[1])"},
			config: "routes: [{destination: ^flow$, flow: a, args: [USER_BUSY]}]", cause: "USER_BUSY",
		},
		"is the default": {
			files: map[string]string{"a.lua": "session:hangup('USER_BUSY')"}, config: "default_flow: a", cause: "USER_BUSY",
		},
		"goes on after the call has hung up": {
			path: "a", files: map[string]string{"a.lua": "session:hangup('USER_BUSY')\nsession:streamFile('x.wav')\nsession:sleep(1000)"}, cause: "USER_BUSY",
		},
		"fails after the call has hung up": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "session:hangup('USER_BUSY')\nerror('too late')"}, cause: "USER_BUSY",
			logged: []string{"the flow failed after the call had hung up"},
		},
		"fails in a hangup hook": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "function gone() error('in the hook') end\nsession:setHangupHook('gone')\nsession:hangup('USER_BUSY')"}, cause: "USER_BUSY",
			logged: []string{"the hangup hook failed"},
		},
		"ends itself in a hangup hook": {
			path: "a", files: map[string]string{"a.lua": "function gone() return 'exit' end\nsession:setHangupHook('gone')\nsession:hangup('USER_BUSY')\nprint('not reached')"}, cause: "USER_BUSY",
		},
		"fails in a callback": {
			failed: true,
			path:   "a", files: map[string]string{"a.lua": "session:onDtmf(function() error('in the callback') end)\nfreeswitch.API():execute('uuid_recv_dtmf', session:get_uuid() .. ' 1')\nsession:sleep(60000)\nsession:hangup('USER_BUSY')"}, cause: "USER_BUSY",
			logged: []string{"the callback failed"},
		},
		"is not named": {
			unnamed: true,
			files:   map[string]string{"a.lua": ""}, cause: dialplanWentOn,
			logged: []string{"no flow for this call", "/FLOW async full"},
		},
		"has settings": {
			path: "a", files: map[string]string{"a.lua": "session:hangup(settings.causes .. (settings.n + 1) .. tostring(settings.yes))"},
			config: "flows: {a: {settings: {causes: X, n: 1, yes: true}}}", cause: "NORMAL_CLEARING", // FreeSWITCH does not know X2TRUE
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, c.files, c.config)
			cause, log := h.call(c.path, ""), h.log
			if cause != c.cause {
				t.Errorf("ended with %s, want %s; log:\n%s", cause, c.cause, log)
			}
			var failed int64
			for _, n := range h.account.Counts() {
				failed += n.Failed
			}
			if (failed == 1) != c.failed {
				t.Errorf("counted %d failures, want %v", failed, c.failed)
			}
			if strings.Contains(log.String(), "not reached") || strings.Contains(log.String(), "level=ERROR") && !c.failed || h.account.Unnamed() == 1 != c.unnamed {
				t.Errorf("counted %d calls without a flow; log:\n%s", h.account.Unnamed(), log)
			}
			if len(h.failed) > 0 && h.failed[0] != c.failed {
				t.Errorf("the rollout was told failed: %v", h.failed)
			}
			for _, part := range c.logged {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log lacks %q:\n%s", part, log)
				}
			}
		})
	}
}

// TestACallTooMany goes on with its dialplan at once.
func TestACallTooMany(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": "session:hangup('USER_BUSY')"}, "flows: {a: {calls: {rate: 1}}}")
	if cause := h.call("a", ""); cause != "USER_BUSY" {
		t.Errorf("the first call ended with %s", cause)
	}
	if cause := h.call("a", ""); cause != "NO_ANSWER" || h.account.Limited() != 1 || !strings.Contains(h.log.String(), "limit=flows.a.calls.rate") {
		t.Errorf("the second call ended with %s; log:\n%s", cause, h.log)
	}
}
