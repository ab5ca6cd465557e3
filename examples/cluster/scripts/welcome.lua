-- Plays a tone once a second. When the host that runs it dies, FreeSWITCH hands the call to
-- the other one, which goes on where this one has stopped.
session:answer()
local stored = session:resumed()
local state = stored or {round = 0}
session:checkpoint(state)
freeswitch.consoleLog("info", (stored and "goes on after round " .. state.round or "begins") .. " on " .. api.nodes()[1].name .. "\n")
while session:ready() and state.round < 60 do
  session:streamFile("tone_stream://%(200,800,440)")
  state.round = state.round + 1
  session:checkpoint(state)
end
