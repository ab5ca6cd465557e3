-- groupCall: rings the phones of a group all at once, or one after the other.
--
--   flows:
--     groupCall:
--       settings: {members: "user/1000 user/1001 sofia/gateway/carrier/5551234", seconds: 20, hunt: true}
--
-- With hunt each phone rings for so many seconds; a phone that is busy, or rejects the
-- call, or is not registered, is skipped at once.

local members = argv[1] or settings.members or "user/1000 user/1001"
local seconds = settings.seconds or 20
local hunt    = settings.hunt

local group = { vars = { originate_continue_on_timeout = true }, timeout = seconds, hunt = hunt, within = "app" }
for member in members:gmatch("%S+") do table.insert(group, member) end

session:setVariable("hangup_after_bridge", "true")
session:setVariable("continue_on_fail", "true")
session:execute("bridge", dial(group))

if session:ready() then
  freeswitch.consoleLog("info", "nobody of the group has answered: " .. session:getVariable("originate_disposition") .. "\n")
  session:hangup("NO_ANSWER")
end
