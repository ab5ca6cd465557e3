package main

// legScenarios dial second legs.
func legScenarios() []scenario {
	return []scenario{
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
			name: "aLegIsKilledInTheBridge", far: answered(),
			bridged: "uuid_kill %leg USER_BUSY",
			target:  `'m:^:socket:%s async full^sleep:100^hangup:NO_ANSWER' inline`,
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:60000/default/inline")
freeswitch.bridge(session, leg)
log(session:ready(), leg:ready())`,
			lines: []string{"true false"}, after: "NO_ANSWER",
		},
		{
			name: "aLegIsTransferredOutOfTheBridge", far: answered(),
			bridged: "uuid_transfer %leg sleep:200,hangup inline",
			target:  `'m:^:socket:%s async full^sleep:100^hangup:NO_ANSWER' inline`,
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:60000/default/inline")
freeswitch.bridge(session, leg)
log(session:ready(), leg:ready())`,
			lines: []string{"true false"}, after: "NO_ANSWER",
		},
		{
			name: "aLegIsParkedInTheBridge", far: answered(),
			bridged: "uuid_park %leg",
			target:  `'m:^:socket:%s async full^sleep:100^hangup:NO_ANSWER' inline`,
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:60000/default/inline")
freeswitch.bridge(session, leg)
log(session:ready(), leg:ready())`,
			lines: []string{"true false"}, after: "NO_ANSWER",
		},
		{
			name: "theCallIsTransferredOutOfTheBridge", far: answered(),
			bridged: "uuid_transfer %call sleep:200,hangup:USER_BUSY inline",
			target:  `'m:^:socket:%s async full^sleep:100^hangup:NO_ANSWER' inline`,
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:60000/default/inline")
freeswitch.bridge(session, leg)
for i = 1, 50 do if leg:ready() then leg:sleep(100) end end
log(session:ready(), leg:ready())`,
			lines: []string{"false false"}, after: "USER_BUSY",
		},
		{
			name: "parkAfterTheBridge", far: answered(),
			bridged: "uuid_kill %leg",
			target:  `'m:^:socket:%s async full^sleep:100^hangup:NO_ANSWER' inline`,
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:answer^sleep:60000/default/inline")
session:setVariable("park_after_bridge", "true") session:setVariable("park_timeout", "2:USER_BUSY")
freeswitch.bridge(session, leg)
for i = 1, 50 do if session:ready() then session:sleep(100) end end
log(session:ready(), leg:ready())`,
			lines: []string{"false false"}, after: "USER_BUSY",
		},
		{
			name: "theCallIsTransferredWhileALegIsDialled", far: answered(),
			script: `
session:answer()
freeswitch.API():execute("sched_api", "+1 none uuid_transfer " .. session.uuid .. " sleep:1000,hangup:NO_ANSWER inline")
local leg = freeswitch.Session("loopback/m:^:sleep:60000/default/inline", session)
log(leg:ready(), leg:hangupCause(), session:getVariable("originate_disposition"), session:getVariable("DIALSTATUS"))`,
			lines: []string{"false ORIGINATOR_CANCEL ORIGINATOR_CANCEL CANCEL"}, after: "NO_ANSWER",
		},
		{
			name: "theHookSaysWhatTheCallDidFirst", far: answered(),
			script: `
session:answer()
function gone(s, what) log("hook", what) end
session:setHangupHook("gone")
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:sleep:100^answer^sleep:60000/default/inline")
freeswitch.API():execute("sched_api", "+1 none uuid_transfer " .. session.uuid .. " sleep:100,hangup:NO_ANSWER inline")
log(leg:sleep(3000), session:ready())`,
			lines: []string{"hook transfer", "1 false"}, after: "NO_ANSWER",
		},
		{
			// The bridge is on its way to FreeSWITCH, or about to be.
			name: "theCallIsTransferredAsItIsBridged", far: answered(),
			script: `
session:answer()
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:sleep:100^answer^sleep:60000/default/inline")
local began = os.time()
freeswitch.API():execute("bgapi", "uuid_transfer " .. session.uuid .. " sleep:200,hangup:USER_BUSY inline")
freeswitch.bridge(session, leg)
log(os.time() - began < 4, session:ready(), leg:ready(), leg:sleep(100))`,
			lines: []string{"true false true 1"}, after: "USER_BUSY",
		},
		{
			name: "aLegIsDialledAsTheCallSays", far: answered(),
			script: `
session:answer()
session:setVariable("call_timeout", "1")
session:setVariable("language", "xx")
log(freeswitch.Session("loopback/m:^:ring_ready^sleep:60000/default/inline", session):hangupCause())
session:setVariable("call_timeout", "x")
session:setVariable("ignore_early_media", "true")
local leg = freeswitch.Session("loopback/m:^:pre_answer^sleep:300^answer^sleep:60000/default/inline", session)
log(leg:answered(), leg:getVariable("language"))
freeswitch.Session("error/USER_BUSY", session)
log(session:getVariable("originate_disposition"), session:getVariable("last_bridge_hangup_cause"))
leg:hangup()
session:setVariable("call_timeout", "")
session:setVariable("sip_h_X-Own", "x,y")
session:setVariable("max_forwards", "9")
session:execute("export", "one=1")
leg = freeswitch.Session("loopback/m:^:sleep:100^answer^sleep:60000/default/inline", session)
log(leg:getVariable("sip_h_X-Own"), leg:getVariable("max_forwards"), leg:getVariable("one"), leg:getVariable("export_vars"), leg:getVariable("call_uuid") == session.uuid)
session:setVariable("max_forwards", "1")
log(freeswitch.Session("loopback/m:^:answer/default/inline", session):hangupCause(), session:getVariable("originate_disposition"))
session:hangup()`,
			lines: []string{"NO_ANSWER", "true xx", "USER_BUSY NO_ANSWER", "x,y 8 1 one true", "EXCHANGE_ROUTING_ERROR EXCHANGE_ROUTING_ERROR"},
		},
		{
			name: "bothHooksRunAfterABridge", far: []string{"sleep:100", "answer", "sleep:1000", "hangup:CALL_REJECTED"},
			script: `
function gone(s, what) log(s == session, what) end
session:answer()
session:setHangupHook("gone")
local leg = freeswitch.Session("{ignore_early_media=true}loopback/m:^:sleep:100^answer^sleep:60000/default/inline")
leg:setHangupHook("gone")
freeswitch.bridge(session, leg)
log("over")
log(leg:ready(), leg:getState())`,
			lines: []string{"true hangup", "over", "false hangup", "false CS_HANGUP"}, cause: "CALL_REJECTED",
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
	}
}
