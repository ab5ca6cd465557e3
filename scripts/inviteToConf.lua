-- inviteToConf: someone is invited to a conference.
--
--   originate user/1000 '&socket(127.0.0.1:8084/inviteToConf/7001 async full)'
--
-- On answer, a hangup is scheduled and a prompt is played. Digit 1 cancels the
-- hangup and transfers the call to the conference; another digit repeats the
-- prompt; without a digit the call is hung up when the time is over. FreeSWITCH
-- itself hangs up, so this happens even if eslua is gone by then. Where the prompt
-- cannot be played, the call waits for the digit in silence.
--
-- If eslua dies meanwhile, the next one runs this script again: resumed() returns
-- what checkpoint() saved last, so no second hangup is scheduled, and digit 1
-- cancels the first.
--
-- Each value comes from the socket's path (/inviteToConf/7001/60/1), else from
-- flows: inviteToConf: settings: in the configuration, else from here.

local extension = argv[1] or settings.extension or "7001"
local seconds   = tonumber(argv[2] or settings.seconds or 60)
local yes       = argv[3] or settings.digit or "1"
local cause     = argv[4] or settings.cause or "ALLOTTED_TIMEOUT"
local prompt    = argv[5] or settings.prompt or "ivr/ivr-to_accept_press_one.wav"
local dialplan  = settings.dialplan or "XML"
local context   = settings.context or "default"

session:answer()
local call = session:resumed() or { timeout = session:schedHangup(seconds, cause) }
session:checkpoint(call)

while session:ready() and not call.joins do
  local digit = session:read(1, 1, prompt, seconds * 1000, "#")
  if digit == "" then digit = session:getDigits(1, "#", 2000) end
  call.joins = digit == tostring(yes)
end

if call.joins then
  session:checkpoint(call)
  call.timeout:cancel()
  freeswitch.consoleLog("info", "joins conference " .. extension .. "\n")
  session:transfer(extension, dialplan, context)
else
  freeswitch.consoleLog("info", "hung up without joining conference " .. extension .. "\n")
end
