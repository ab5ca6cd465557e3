-- eventLogger: writes a line for each call that begins, is answered and ends, on any node.
--
-- A script under hooks/ of the script directory stays in memory: what it keeps in
-- variables is there at the next event. eslua doc on says more.

local wanted = settings.events or "CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE"
local seen = 0

local function log(event, node)
  seen = seen + 1
  freeswitch.consoleLog("info", table.concat({
    node, event:getHeader("Event-Name"), event:getHeader("Unique-ID") or "-",
    event:getHeader("Caller-Caller-ID-Number") or "-", event:getHeader("Caller-Destination-Number") or "-",
    event:getHeader("Hangup-Cause") or "-",
  }, " ") .. "\n")
end

for name in wanted:gmatch("%S+") do on(name, log) end

on("eslua::node_lost", function(event, node)
  freeswitch.consoleLog("warning", node .. " is lost: " .. (event:getHeader("Reason") or "") .. "\n")
end)

every(3600, function()
  freeswitch.consoleLog("info", seen .. " events in the last hour\n")
  seen = 0
end)
