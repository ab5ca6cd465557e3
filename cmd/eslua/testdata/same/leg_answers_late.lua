-- differs: ^. line true (nil|CALL_REJECTED) 1000
-- caller: sleep:6000^hangup
-- waitForAnswer ends with early media; a CDR after the hangup.
local function say(...) freeswitch.consoleLog("info", table.concat({...}, " ") .. "\n") end
session:answer()
session:setVariable("hangup_complete_with_xml", "true")
local leg = freeswitch.Session("{ignore_early_media=false,hangup_complete_with_xml=true}loopback/m:^:pre_answer^sleep:600^answer^sleep:3000/default/inline", session)
say(tostring(leg:ready()), tostring(leg:answered()), leg:getState())
leg:waitForAnswer(session)
say(tostring(leg:ready()), tostring(leg:answered()))
leg:hangup("USER_BUSY")
session:hangup("CALL_REJECTED")
local cdr = session:getXMLCDR()
say(tostring(cdr:find("<cdr", 1, true) ~= nil), tostring(cdr:match("<hangup_cause>(.-)</hangup_cause>")), tostring(cdr:match("<caller_id_number>(.-)</caller_id_number>")))
