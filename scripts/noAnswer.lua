-- noAnswer: rings a user for some seconds, and then says that nobody answers.
--
--   <action application="socket" data="127.0.0.1:8084/noAnswer/1000/20 async full"/>

local user    = argv[1] or settings.user or session:getVariable("destination_number")
local seconds = tonumber(argv[2] or settings.seconds or 20)
local to      = settings.to or "user/USER"
local prompt  = settings.prompt or "voicemail/vm-not_available.wav"

to = to:gsub("USER", function() return user end)
session:setVariable("hangup_after_bridge", "true")
session:setVariable("continue_on_fail", "true") -- else FreeSWITCH hangs up who calls
session:execute("bridge", dial{to, timeout = seconds, within = "app"})

if session:ready() then -- the two have not spoken
  local why = session:getVariable("originate_disposition") -- NO_ANSWER, USER_BUSY ...
  freeswitch.consoleLog("info", user .. ": " .. why .. "\n")
  session:answer()
  session:streamFile(prompt)
  session:hangup(why)
end
