-- Talks to somebody whom the campaign has reached. The columns of the list are variables.
local number = session:getVariable("campaign_number")

if freeswitch.API():execute("module_exists", "mod_avmd"):match("true") then
  session:execute("avmd_start")            -- hooks/machine.lua hears what it finds
end
local digit = session:playAndGetDigits(1, 1, 2, 5000, "#", "reminders/your-appointment.wav", "", "[129]")
if digit == "1" then
  session:setVariable("campaign_result", "confirmed")
elseif digit == "2" then
  session:setVariable("campaign_result", "cancelled by callee")
elseif digit == "9" then                   -- do not call me again
  session:setVariable("campaign_result", "opted out")
  kv.bucket("dnc"):put(number, os.date("%Y-%m-%d"))
end
session:streamFile("reminders/good-bye.wav")
