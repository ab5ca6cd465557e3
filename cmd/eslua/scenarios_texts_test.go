package main

import "fmt"

// textScenarios pass texts that mean something to somebody on their way.
func textScenarios() []scenario {
	return []scenario{
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
			name: "lineBreaksAndNUL", far: answered(),
			script: `
local api, text = freeswitch.API(), "one\r\ntwo ${hostname} 'three' \\n \"four\" %41"
log(api:execute("echo", text) == text, api:executeString("echo a\nb") == "a\nb", api:execute("echo", "a\0b"))
log(session:getVariable("eslua_api_arguments"))
session:setVariable("eslua_x", "cut\0here")
log(session:getVariable("eslua_x"))
session:setVariable("eslua_list[0]", "y")
log(session:getVariable("eslua_list[0]"), session:getVariable("eslua_list"))
session:hangup()
log(api:execute("echo", "a\nb") == "-ERR a line break cannot be sent\n")`,
			lines: []string{"true true a", "nil", "cut", "nil y", "true"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "apiAndEvents", far: answered(),
			script: `
local api = freeswitch.API()
log(api:execute("uuid_exists", session:get_uuid()), #api:executeString("create_uuid"))
local e = freeswitch.Event("CUSTOM", "eslua::scenario")
e:addHeader("Where", "Grüße & more")
e:addHeader("A name", "with a blank")
log(e:getType(), e:fire(), e:getHeader("core-uuid") ~= nil, e:getHeader("Event-Date-Timestamp") ~= nil)
freeswitch.setGlobalVariable("eslua_api", "it is set")
log(freeswitch.getGlobalVariable("eslua_api"))
freeswitch.setGlobalVariable("eslua_api", "")
log(freeswitch.getGlobalVariable("eslua_api"))
session:hangup()`,
			lines: []string{"true 36", "CUSTOM true true true", "it is set", "nil"}, cause: "NORMAL_CLEARING",
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
local function refused(f, ...) local ok, why = pcall(f, ...) log(ok, (tostring(why):match("grants: {%w+: {allow:"))) end
refused(session.execute, session, "system", "true")
refused(session.execute, session, "log", "INFO ${system(true)}")
refused(session.setVariable, session, "execute_on_answer", "system true")
refused(session.transfer, session, "system:true", "inline")
refused(freeswitch.Session, "{api_on_answer='system true'}loopback/m:^:answer^park/default/inline")
session:hangup()`,
			lines: []string{"false grants: {apps: {allow:", "false grants: {api: {allow:", "false grants: {apps: {allow:", "false grants: {apps: {allow:", "false grants: {api: {allow:"},
			cause: "NORMAL_CLEARING",
		},
	}
}

// oddUUIDs returns one scenario for each kind of sign that a SIP Call-ID (RFC 3261) can
// bring into a channel's uuid, and for a blank, which origination_uuid can.
func oddUUIDs() (list []scenario) {
	for i, callID := range []string{"@192.0.2.1", "%41%20%zz%", "it's", `"q"`, `a\sb\\`, "{a(b)c}", "$x", "<[a]>:/?!*`~+", "a b"} {
		list = append(list, scenario{
			name: fmt.Sprintf("oddUUID%d", i), callID: callID, far: answered("sleep:300", "send_dtmf:12"),
			script: `
local api = freeswitch.API()
local whole = not session.uuid:find(" ")
function pressed(s, kind, digit) return "break" end
session:answer()
log(api:execute("uuid_exists", session.uuid), _G[session.uuid] == session, session:getVariable("uuid") == session.uuid)
log(session:read(2, 2, "tone_stream://%(3000,0,440)", 5000, "#"))
session:checkpoint{ a = 1 }
session:setVariable("eslua_x", "it's set")
log(session:getVariable("eslua_x"), session:resumed())
local task = session:schedHangup(60)
log(task:id() > 0, task:cancel(), session:flushDigits())
log(session:streamFile("tone_stream://%(100,0,440)"), session:sleep(10), session:getDigits(1, "#", 100))
log(session:playAndGetDigits(1, 1, 1, 300, "#", "", "", "\\d", "pin"), session:getVariable("read_result"))
if #session.uuid < 80 and whole then log(api:execute("echo", "a\nb") == "a\nb") else log(true) end
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:1500^hangup:USER_BUSY/default/inline", session)
log(leg:ready(), session:getVariable("originate_disposition"))
freeswitch.bridge(session, leg)
log(session:ready(), session:getState(), session:mediaReady(), session:answered())
session:hangup("CALL_REJECTED")
log(session:ready())`,
			lines: []string{"true true true", "12", "it's set nil", "true true 0", "1 1 ", " failure", "true", "true SUCCESS", "true CS_EXECUTE true true", "false"},
			cause: "CALL_REJECTED",
		})
	}
	return list
}
