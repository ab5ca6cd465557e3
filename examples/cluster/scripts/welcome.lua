-- Plays a tone once a second. When the host that runs it dies, FreeSWITCH hands the call to
-- the other one, which goes on counting where this one has stopped.
session:answer()
local stored = session:resumed()
local round = stored and stored.round or 0
freeswitch.consoleLog("info", "round " .. round .. ", on " .. api.nodes()[1].name .. "\n")
while session:ready() and round < 60 do
  session:streamFile("tone_stream://%(200,800,440)")
  round = round + 1
  session:checkpoint({round = round})
end
