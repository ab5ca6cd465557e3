package main

import (
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
)

// leavingScenarios end calls, or have them go elsewhere.
func leavingScenarios() []scenario {
	return []scenario{
		{
			name: "oneTaskIsCancelled", far: answered(),
			script: `
session:answer()
local early = session:schedHangup(2, "USER_BUSY") -- FreeSWITCH counts whole seconds
session:schedHangup(4, "CALL_REJECTED")
early:cancel()
session:sleep(20000)
log("ready", session:ready())`,
			lines: []string{"ready false"}, cause: "CALL_REJECTED",
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
			name: "executeAfterTheHangup", far: []string{"answer", "sleep:500", "hangup:CALL_REJECTED"},
			script: `
function gone(s) s:setVariable("eslua_who", "hook") s:execute("hash", "insert/eslua/hook/${eslua_who}") end
session:setHangupHook("gone")
session:setVariable("read_result", "stale")
session:answer()
session:streamFile("tone_stream://%(20000,0,440)")
session:execute("hash", "insert/eslua/script/${hangup_cause}")
session:execute("set", "eslua_a=${eslua_who}!")
session:execute("export", "eslua_b=2")
session:execute("unset", "eslua_who")
session:execute("playback", "tone_stream://%(20000,0,440)")
local api = freeswitch.API()
log(api:execute("hash", "select/eslua/hook"), api:execute("hash", "select/eslua/script"))
log(session:getVariable("eslua_a"), session:getVariable("eslua_b"), session:getVariable("eslua_who"))
log(session:read(1, 1, "x", 100, "#") .. tostring(session:getVariable("read_result")), session:answer(), session:transfer("x"))`,
			lines: []string{"hook CALL_REJECTED", "hook! 2 nil", "nil 1 1"}, cause: "CALL_REJECTED",
		},
		{
			name: "executeBeforeTheTransfer", far: answered(), target: `'socket:%s async full,hangup:USER_BUSY' inline`,
			script: `
session:answer()
session:transfer("sleep:50,hangup:NO_ANSWER", "inline")
session:setVariable("eslua_a", "1")
session:execute("set", "eslua_b=${eslua_a}2")
session:execute("multiset", "^^;eslua_c=3;eslua_d=4")
session:execute("unset", "eslua_a")
session:execute("playback", "tone_stream://%(20000,0,440)")
log(session:getVariable("eslua_a"), session:getVariable("eslua_b"), session:getVariable("eslua_c"), session:getVariable("eslua_d"))`,
			lines: []string{"nil 12 3 4"}, after: "NO_ANSWER",
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
			name: "variablesAfterTheHangup", far: []string{"answer", "sleep:700", "hangup:CALL_REJECTED"},
			script: `
freeswitch.setGlobalVariable("eslua_after", "there")
function gone(s) log("hook", s:getVariable("hangup_cause")) end
session:setHangupHook("gone")
local function values() return session:getVariable("rdnis") == "", session:getVariable("aniii") == "", session:getVariable("eslua_after"), session:getVariable("eslua_none"), session:getVariable("context") ~= "" end
session:answer()
log(values())
session:streamFile("tone_stream://%(20000,0,440)")
log(values())
log(session:getVariable("hangup_cause"), session:getState())
freeswitch.setGlobalVariable("eslua_after", "")`,
			own:   config.Flow{Grants: &grant.Grants{API: grant.Rule{Allow: []grant.Name{"global_setvar"}}}},
			lines: []string{"true true there nil true", "hook CALL_REJECTED", "true true there nil true", "CALL_REJECTED CS_HANGUP"}, cause: "CALL_REJECTED",
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
			name: "nothingHappensToACallThatWasTransferred", far: answered(),
			script: `
session:answer()
session:setAutoHangup(true)
session:setHangupHook("gone")
function gone(s, what) log("hook", what) end
session:execute("transfer", "sleep:50,hangup:NO_ANSWER inline")
log(session:streamFile("tone_stream://%(20000,0,440)"), session:recordFile("/tmp/eslua-scenario.wav", 20), session:sleep(20000))
log(session:read(1, 1, "tone_stream://%(20000,0,440)", 20000, "#") .. session:getDigits(1, "#", 20000))
log(session:playAndGetDigits(1, 1, 1, 20000, "#", "tone_stream://%(20000,0,440)", "", "\d") == "", session:getState())
if session:ready() then session:hangup() end
session:setVariable("eslua_x", "y")
log(session:getVariable("eslua_x"), session:getVariable("destination_number"))`,
			lines: []string{"hook transfer", "0 0 1", "", "true CS_ROUTING", "y sleep:50,hangup:NO_ANSWER"}, after: "NO_ANSWER",
		},
		{
			// The end of a connection ends the park of the channel that it controlled.
			name: "aTransferredCallStaysParked", far: answered(),
			script: `session:answer() session:transfer("set:park_timeout=2:USER_BUSY,park,hangup:NO_ANSWER", "inline")`,
			after:  "USER_BUSY",
		},
		{
			name: "aCallThatWasTakenAwayStaysParked", far: answered(),
			script: `
session:answer()
session:setAutoHangup(true)
freeswitch.API():execute("uuid_transfer", session.uuid .. " set:park_timeout=2:USER_BUSY,park,hangup:NO_ANSWER inline")
while session:ready() do session:sleep(20000) end
log("gone", session:streamFile("tone_stream://%(20000,0,440)"))
session:hangup("CALL_REJECTED")`,
			lines: []string{"gone 0"}, after: "USER_BUSY",
		},
		{
			// What has the transfer wait for the recording's end is for this transfer only.
			name: "aCallMovesWhileAnApplicationRecords", far: answered(),
			script: `
session:answer()
freeswitch.API():execute("sched_api", "+1 none uuid_transfer " .. session.uuid .. " sleep:500,hangup:NO_ANSWER inline")
session:execute("record", "/tmp/eslua-scenario.wav 60")
log(session:ready(), session:getVariable("execute_on_blind_transfer_eslua_record"), session:getVariable("execute_on_blind_transfer_eslua_wait"))`,
			lines: []string{"false nil nil"}, after: "NO_ANSWER",
		},
		{
			// The recording ends, and not the call.
			name: "aCallMovesWhileItIsRecorded", far: answered(),
			script: `
session:answer()
session:setHangupHook("gone")
function gone(s, what) log("hook", what) end
freeswitch.API():execute("sched_api", "+1 none uuid_transfer " .. session.uuid .. " sleep:300,hangup:NO_ANSWER inline")
log(session:recordFile("/tmp/eslua-scenario.wav", 20), session:ready())
log(tonumber(session:getVariable("record_ms")) < 10000)`,
			lines: []string{"hook transfer", "1 false", "true"}, after: "NO_ANSWER",
		},
		{
			name: "transferOutOfAResumableDialplan", far: answered(),
			target: `'m:^:set:socket_resume=true^socket:%s async full^hangup:USER_BUSY' inline`,
			script: `session:answer() session:transfer("sleep:50,hangup:NO_ANSWER", "inline")`,
			after:  "NO_ANSWER",
		},
	}
}
