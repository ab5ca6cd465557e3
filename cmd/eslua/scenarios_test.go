package main

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/scripts"
)

// A scenario is one call from originate to its end. Each runs against the
// simulator and, with ESLUA_LIVE, against a real FreeSWITCH, which needs no
// dialplan for it: both ends are written inline.
type scenario struct {
	name   string
	script string          // the flow; empty is scripts/inviteToConf.lua
	args   string          // after the flow's name in the socket's path
	far    []string        // what the far end of the loopback does
	vars   string          // variables of the originated leg
	press  string          // digits that are pressed from outside, once a second
	target string          // what originate runs on it; empty is the flow's socket. %s is host:port/path
	own    config.Flow     // of the flow
	lines  []string        // what the script logs, in order
	calls  map[string]bool // which functions it calls or must not call
	cause  string          // the call's hangup cause as the host sees it; empty: the host does not see the hangup
	after  string          // the channel's hangup cause, if it hangs up after the host has given it back
}

// answered returns a far end that answers, does the rest and then stays.
func answered(rest ...string) []string {
	return append(append([]string{"answer"}, rest...), "park")
}

func inviteSettings(more map[string]any) config.Flow {
	s := map[string]any{"prompt": "tone_stream://%(1500,0,440)", "dialplan": "inline"}
	for k, v := range more {
		s[k] = v
	}
	return config.Flow{Settings: s}
}

func scenarios() []scenario {
	// The inline dialplan to which an invited person is transferred; its hangup cause
	// shows that it was reached. Encoded, because FreeSWITCH takes a colon for a port.
	const join = "sleep%3A100%2Changup%3ANORMAL_UNSPECIFIED"
	return []scenario{
		{
			name: "inviteJoins", args: "/" + join + "/30",
			far: answered("sleep:700", "send_dtmf:1"), own: inviteSettings(nil),
			calls: map[string]bool{"Session:transfer": true, "Session:schedHangup": true},
			after: "NORMAL_UNSPECIFIED",
		},
		{
			name: "inviteRepeatsThePrompt", args: "/" + join + "/30",
			far: answered("sleep:700", "send_dtmf:5", "sleep:900", "send_dtmf:1"), own: inviteSettings(nil),
			calls: map[string]bool{"Session:transfer": true},
			after: "NORMAL_UNSPECIFIED",
		},
		{
			name: "inviteIsNotAnswered", args: "/" + join + "/2",
			far: answered(), own: inviteSettings(map[string]any{"cause": "NO_USER_RESPONSE"}),
			calls: map[string]bool{"Session:transfer": false},
			cause: "NO_USER_RESPONSE",
		},
		{
			name: "inviteHangsUpInThePrompt", args: "/" + join + "/30",
			far: []string{"answer", "sleep:700", "hangup:NORMAL_CLEARING"}, own: inviteSettings(nil),
			calls: map[string]bool{"Session:transfer": false},
			cause: "NORMAL_CLEARING",
		},
		{
			name: "inviteOnAnswer", args: "/" + join + "/30",
			// The far end gets the variable too, and so a flow of its own: it cannot press.
			// With a blank for the colons mod_loopback would run the socket in the far
			// end's thread, beside what originate runs in the channel's own: when the
			// socket parks first, &park() fails and FreeSWITCH hangs up. An answer at once
			// can leave a channel in CS_ROUTING.
			far: append([]string{"sleep:100"}, answered()...), press: "1", own: inviteSettings(nil),
			vars: "execute_on_answer='socket::%s async full'", target: "&park()",
			calls: map[string]bool{"Session:transfer": true},
			after: "NORMAL_UNSPECIFIED",
		},
		{
			name: "oneTaskIsCancelled", far: answered(),
			script: `
session:answer()
local early = session:schedHangup(1, "USER_BUSY")
session:schedHangup(3, "CALL_REJECTED")
early:cancel()
session:sleep(20000)
log("ready", session:ready())`,
			lines: []string{"ready false"}, cause: "CALL_REJECTED",
		},
		{
			name: "variables", far: answered(),
			script: `
local function both(v)
  session:setVariable("eslua_x", v)
  log(session:getVariable("eslua_x") == v)
end
both("plain")
both([[it's "quoted", 50% off]])
both("back\\slash \\n stays")
both("two\nlines\tand a tab")
both("  edges  ")
both("Grüße, 世界")
both("a=b;c=d|e^f&g<h>[i]{j}")
session:setVariable("eslua_x", nil)
log(session:getVariable("eslua_x"))
log(session:getVariable("caller_id_number") ~= nil, session:get_uuid() == session.uuid)
session:hangup()`,
			lines: []string{"true", "true", "true", "true", "true", "true", "true", "nil", "true true"},
			cause: "NORMAL_CLEARING",
		},
		{
			name: "callerNameIsHostile", far: answered(),
			vars: `origination_caller_id_name='Jo "X" O\'Neil %0A ${hostname}'`,
			script: `
log((session:getVariable("caller_id_name"):gsub("%s+", " ")))
session:execute("set", "eslua_copy=" .. session:getVariable("caller_id_name"):gsub("%$", ""))
session:hangup("USER_BUSY")`,
			calls: map[string]bool{"Session:hangup": true}, cause: "USER_BUSY",
		},
		{
			name: "typeAhead", far: answered("sleep:300", "send_dtmf:123#"),
			script: `
session:answer()
session:sleep(1500)
log(session:getDigits(5, "#", 3000))
session:hangup()`,
			lines: []string{"123"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "playAndGetDigits", far: answered("sleep:500", "send_dtmf:42#"),
			script: `
session:answer()
log(session:playAndGetDigits(2, 5, 2, 3000, "#", "tone_stream://%(3000,0,440)", "tone_stream://%(100,0,200)", "\\d+"))
log(session:playAndGetDigits(1, 5, 1, 1000, "#", "tone_stream://%(100,0,440)", "", "\\d+"))
session:hangup()`,
			lines: []string{"42", ""}, cause: "NORMAL_CLEARING",
		},
		{
			name: "aCallbackStopsThePrompt", far: answered("sleep:500", "send_dtmf:7"),
			script: `
function pressed(s, kind, digit)
  log(kind, digit.digit)
  return "break"
end
session:answer()
session:setInputCallback("pressed")
log(session:streamFile("tone_stream://%(20000,0,440)"))
session:unsetInputCallback()
log(session:streamFile("tone_stream://%(200,0,440)"))
session:hangup()`,
			lines: []string{"dtmf 7", "0", "1"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "onDtmf", far: answered("sleep:400", "send_dtmf:89"),
			script: `
session:answer()
session:onDtmf(function(digit) log("digit", digit) if digit == "9" then return "break" end end)
session:streamFile("tone_stream://%(20000,0,440)")
session:hangup()`,
			lines: []string{"digit 8", "digit 9"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "hangupHook", far: []string{"answer", "sleep:500", "hangup:CALL_REJECTED"},
			script: `
function gone(s, what) log("hook", what) end
session:setHangupHook("gone")
session:answer()
session:streamFile("tone_stream://%(20000,0,440)")
log(session:ready())`,
			lines: []string{"hook hangup", "false"}, cause: "CALL_REJECTED",
		},
		{
			name: "unknownApplication", far: answered(),
			script: `
session:answer()
session:execute("no_such_application", "x")
log(session:ready())`,
			lines: []string{"false"}, cause: "DESTINATION_OUT_OF_ORDER",
		},
		{
			name: "apiAndEvents", far: answered(),
			script: `
local api = freeswitch.API()
log(api:execute("uuid_exists", session:get_uuid()), #api:executeString("create_uuid"))
local e = freeswitch.Event("CUSTOM", "eslua::scenario")
e:addHeader("Where", "Grüße & more")
log(e:getType(), e:fire())
freeswitch.setGlobalVariable("eslua_api", "it is set")
log(freeswitch.getGlobalVariable("eslua_api"))
freeswitch.setGlobalVariable("eslua_api", "")
log(freeswitch.getGlobalVariable("eslua_api"))
session:hangup()`,
			lines: []string{"true 36", "CUSTOM true", "it is set", "nil"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "secondLeg", far: answered(),
			script: `
session:answer()
local other = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:800^hangup:USER_BUSY/default/inline")
log(other:ready(), other:hangupCause())
if other:ready() then freeswitch.bridge(session, other) end
log("bridge over")
session:hangup()`,
			lines: []string{"true SUCCESS", "bridge over"},
		},
		{
			name: "secondLegIsBusy", far: answered(),
			script: `
session:answer()
local other = freeswitch.Session("loopback/m:^:hangup:USER_BUSY^park/default/inline")
log(other:ready(), other:hangupCause())
session:hangup("USER_BUSY")`,
			lines: []string{"false USER_BUSY"}, cause: "USER_BUSY",
		},
		{
			name: "hostileTextStaysText", far: answered(),
			script: `
session:answer()
local texts = { "]", "}", "{", "'", "\"", "a,b=c", "^^:a=b", "|", "&park()", "$", "$1", "\\", "\\n", "%[a=b]", "<a=b>", "x:_:error/user_busy", "line\nfeed", " blanks " }
local function same(what, got, text) if got ~= text then log(what, text, "became", got) end end
local vars = {}
for i, text in ipairs(texts) do
  session:setVariable("hostile", text)
  same("setVariable", session:getVariable("hostile"), text)
  freeswitch.setGlobalVariable("eslua_global", text)
  same("setGlobalVariable", freeswitch.getGlobalVariable("eslua_global"), text)
  if not text:find("\n") then vars["hostile" .. i] = text end
end
freeswitch.setGlobalVariable("eslua_global", "")
local other = freeswitch.Session(dial{"loopback/m:^:answer^sleep:3000/default/inline", vars = vars})
log(other:ready())
for name, text in pairs(vars) do same("dial", other:getVariable(name), text) end
other:hangup()
session:hangup()`,
			lines: []string{"true"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "whatIsNotGrantedIsRefused", far: answered(),
			script: `
session:answer()
local function refused(f, ...) local ok, why = pcall(f, ...) log(ok, (tostring(why):match("grants: %w+: allow:"))) end
refused(session.execute, session, "system", "true")
refused(session.execute, session, "log", "INFO ${system(true)}")
refused(session.setVariable, session, "execute_on_answer", "system true")
refused(session.transfer, session, "system:true", "inline")
refused(freeswitch.Session, "{api_on_answer='system true'}loopback/m:^:answer^park/default/inline")
session:hangup()`,
			lines: []string{"false grants: apps: allow:", "false grants: api: allow:", "false grants: apps: allow:", "false grants: apps: allow:", "false grants: api: allow:"},
			cause: "NORMAL_CLEARING",
		},
		{
			name: "theDialplanGoesOn", far: answered(),
			target: `'m:^:socket:%s async full^hangup:NO_ANSWER' inline`,
			script: `session:answer() log("done")`,
			lines:  []string{"done"}, after: "NO_ANSWER",
		},
		{
			name: "aFailingScriptFallsBack", far: answered(),
			own:    config.Flow{Fallback: &config.Fallback{Action: config.Hangup, Data: "NORMAL_TEMPORARY_FAILURE"}},
			script: `session:answer() local x = nil + 1`,
			cause:  "NORMAL_TEMPORARY_FAILURE",
		},
		{
			name: "anEndlessScriptFallsBack", far: answered(),
			own:    config.Flow{Fallback: &config.Fallback{Action: config.Transfer, Data: "hangup:NO_ANSWER inline"}},
			script: `session:answer() while true do end`,
			after:  "NO_ANSWER",
		},
		{
			name: "transferHappensAtTheEnd", far: answered(),
			script: `
session:answer()
session:transfer("sleep:50,hangup:NO_ANSWER", "inline")
log(session:ready())`,
			lines: []string{"false"}, after: "NO_ANSWER",
		},
		{
			name: "transferOutOfAResumableDialplan", far: answered(),
			target: `'m:^:set:socket_resume=true^socket:%s async full^hangup:USER_BUSY' inline`,
			script: `session:answer() session:transfer("sleep:50,hangup:NO_ANSWER", "inline")`,
			after:  "NO_ANSWER",
		},
	}
}

// log defines the function by which scenarios report.
const logFunction = `
local function log(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  freeswitch.consoleLog("NOTICE", table.concat(t, " "))
end
`

// source returns the flow's Lua.
func (s scenario) source() (string, error) {
	if s.script != "" {
		// On one line, so that error messages keep the script's line numbers.
		return strings.ReplaceAll(logFunction, "\n", " ") + s.script, nil
	}
	shipped, err := scripts.Files.ReadFile("inviteToConf.lua")
	return string(shipped), err
}

// originate returns the command that starts the call.
func (s scenario) originate(uuid, listen string) string {
	socket := listen + "/" + s.name + s.args
	vars := "origination_uuid=" + uuid
	if s.vars != "" {
		vars += "," + strings.ReplaceAll(s.vars, "%s", socket)
	}
	target := fmt.Sprintf("'&socket(%s async full)'", socket)
	if s.target != "" {
		target = strings.ReplaceAll(s.target, "%s", socket)
	}
	return fmt.Sprintf("originate {%s}loopback/m:^:%s/default/inline %s", vars, strings.Join(s.far, "^"), target)
}
