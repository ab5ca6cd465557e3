package main

import "github.com/eslua/eslua/host/operate/config"

func inviteSettings(more map[string]any) config.Flow {
	s := map[string]any{"prompt": "tone_stream://%(1500,0,440)", "dialplan": "inline"}
	for k, v := range more {
		s[k] = v
	}
	return config.Flow{Settings: s}
}

// digitScenarios press, or do not, while prompts play and recordings run.
func digitScenarios() []scenario {
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
			far: append([]string{"sleep:500"}, answered()...), press: "1", own: inviteSettings(nil),
			vars: "execute_on_answer='socket::%s async full'", target: "&park()",
			calls: map[string]bool{"Session:transfer": true},
			after: "NORMAL_UNSPECIFIED",
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
			name: "aPromptInsideACallback", far: answered("sleep:400", "send_dtmf:1"),
			script: `
function pressed(s, kind, digit)
  log("inner", s:streamFile("tone_stream://%(200,0,440)"))
end
session:answer()
session:setInputCallback("pressed")
log("outer", session:streamFile("tone_stream://%(1500,0,440)"))
session:hangup()`,
			lines: []string{"inner 1", "outer 1"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "cutPrompts", far: answered(),
			script: `
local function breakSoon() freeswitch.API():execute("sched_api", "+1 none uuid_break " .. session:get_uuid()) end
session:answer()
breakSoon()
log(session:streamFile("tone_stream://%(20000,0,440)"))
breakSoon()
log(session:recordFile("/tmp/eslua-scenario.wav"))
log(session:streamFile("tone_stream://%(100,0,440)"))
session:hangup()`,
			lines: []string{"0", "0", "1"}, cause: "NORMAL_CLEARING",
		},
		{
			name: "recordings", far: answered("sleep:300", "send_dtmf:1", "sleep:3000", "hangup:CALL_REJECTED"),
			script: `
function pressed() return "pause" end
session:answer()
session:setInputCallback("pressed")
log(session:recordFile("/tmp/eslua-scenario.wav", 1))
session:unsetInputCallback()
log(session:recordFile("/tmp/eslua-scenario.wav"))
log(session:answered(), session:ready(), session:answer(), session:recordFile("/tmp/eslua-scenario.wav"))`,
			lines: []string{"1", "1", "true false 1 0"}, cause: "CALL_REJECTED",
		},
		{
			name: "howManyDigits", far: answered("sleep:200", "send_dtmf:12#34"),
			script: `
session:answer()
log(session:getDigits(0, "#", 60000))
log(session:getDigits(-1, "#", 5000))
log(session:getDigits(1, "", -1))
log(session:getDigits(-1, "", 5000, 500))
session:hangup()`,
			lines: []string{"", "12", "3", "4"}, cause: "NORMAL_CLEARING",
		},
		{
			// The applications wait for a second at least.
			name: "shortTimeouts", far: answered("sleep:2800", "send_dtmf:42#7199"),
			script: `
local function quick(collect)
  local least = 1e9
  for i = 1, 3 do
    local t = tonumber(freeswitch.API():getTime())
    got = collect()
    least = math.min(least, tonumber(freeswitch.API():getTime()) - t)
  end
  return got, least < 990
end
local tone = "tone_stream://%(3000,0,440)"
session:answer()
log(quick(function() return session:read(0, 0, nil, 200, "#") end))
log(session:getVariable("read_result"))
log(quick(function() return session:playAndGetDigits(0, 2, 1, 300, "#", "", "", "\d+", "pin") end))
log(session:getVariable("read_result"), session:getVariable("pin"))
log(session:read(2, 4, tone, 900, "#", 5000))
log(session:getVariable("read_result"), session:getVariable("read_terminator_used"))
log(session:playAndGetDigits(1, 1, 2, 900, "", tone, "", "[1-6]", "pin"), session:getVariable("pin"), session:getVariable("pin_invalid"))
log(session:playAndGetDigits(2, 2, 1, 900, "", tone, "", "^1|2$", "pin", 5000), session:getVariable("pin"), session:getVariable("pin_invalid"))
session:hangup()`,
			lines: []string{" true", "failure", " true", "timeout nil", "42", "success #", "1 1 7", " nil 99"}, cause: "NORMAL_CLEARING",
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
	}
}
