-- gateway: a call that comes over SIP goes out over a telephone line, and the other way.
--
--   <action application="socket" data="127.0.0.1:8084/gateway/tdm/$1 async full"/>
--   <action application="socket" data="127.0.0.1:8084/gateway/sip/$1 async full"/>
--
-- NUMBER in the settings tdm and sip is what is dialled: the number in the socket's path,
-- else the one that the caller has dialled. When the two have parted, the log has what
-- came of the call; FreeSWITCH keeps the socket for that time (calls: linger:).

local lines   = { tdm = settings.tdm or "freetdm/wp1/a/NUMBER", sip = settings.sip or "sofia/internal/NUMBER@127.0.0.1:5080" }
local number  = argv[2] or session:getVariable("destination_number")
local seconds = settings.seconds or 60
local line    = assert(lines[argv[1]], "gateway needs a direction: socket HOST:PORT/gateway/tdm/NUMBER or gateway/sip/NUMBER")

session:setVariable("hangup_after_bridge", "true")
session:execute("bridge", dial{(line:gsub("NUMBER", function() return number end)), timeout = seconds, within = "app"})
freeswitch.consoleLog("info", number .. ": " .. session:getVariable("originate_disposition") .. "\n")
