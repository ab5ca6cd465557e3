-- Tells the CRM that a call begins and how it ended. When its host dies, the call goes on
-- at the other one from where it was; a push that is made twice there has the same id.
local function tell(what)
  local id, err = outbox.push("crm", {call = session:get_uuid(), caller = session:getVariable("caller_id_number"), what = what},
    {id = session:get_uuid() .. "_" .. what, type = "call." .. what})
  if id then
    session:execute("set", "told=" .. id) -- for the CDR
  else
    session:consoleLog("err", err .. "\n")
  end
end

local call = session:resumed() or {stage = "new"}
if call.stage == "new" then
  session:answer()
  tell("began")
  call.stage = "talks"
  session:checkpoint(call)
end
session:sleep(200)
tell("ended")
session:hangup("CALL_REJECTED")
