-- recorder: takes a message from a caller, as a voicemail does.
--
--   <action application="socket" data="127.0.0.1:8084/recorder async full"/>
--
-- A key, or some seconds of silence, ends the message. It is a file on FreeSWITCH's
-- machine; that it is there can be told to others by pushes: in the configuration.

local directory = settings.directory or freeswitch.getGlobalVariable("recordings_dir")
local seconds   = settings.seconds or 120
local silence   = settings.silence or 4
local greeting  = settings.greeting or "voicemail/vm-record_message.wav"

function anyKey(_, what) return what == "dtmf" and "break" or nil end

local file = directory .. "/" .. os.date("%Y%m%d-%H%M%S-") .. session:get_uuid() .. ".wav"
session:answer()
session:streamFile(greeting)
session:streamFile("tone_stream://%(640,0,1000)")
session:setInputCallback("anyKey")
session:recordFile(file, seconds, 100, silence)
session:unsetInputCallback()

freeswitch.consoleLog("info", "a message of " .. (session:getVariable("record_seconds") or 0) .. " seconds from " ..
  session:getVariable("caller_id_number") .. ": " .. file .. "\n")
if session:ready() then
  session:streamFile("ivr/ivr-thank_you.wav")
  session:hangup()
end
