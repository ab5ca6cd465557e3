-- Says when a FreeSWITCH is lost, comes back or was restarted.
for _, change in ipairs{"lost", "connected", "restarted", "drained", "resumed"} do
  on("eslua::node_" .. change, function(event, node)
    freeswitch.consoleLog("warning", "FreeSWITCH " .. node .. " is " .. change .. " " .. (event:getHeader("Reason") or "") .. "\n")
  end)
end
