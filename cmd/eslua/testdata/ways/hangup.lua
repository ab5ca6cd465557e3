require "say"
say("hangup", #argv, table.concat(argv, "|"), type(session), type(stream), type(event))
for _, name in ipairs{ "Unique-ID", "uuid", "hangup_cause", "variable_hangup_cause", "Hangup-Cause", "Caller-Destination-Number", "own", "variable_own", "OWN", "nothing", "Event-Name", "Channel-State", "Answer-State", "api_hangup_hook" } do
  local v = env:getHeader(name)
  if v and v:find("^%x+%-%x+%-%x+%-%x+%-%x+$") then v = "a uuid" end
  say(name, v)
end
say("type", env:getType(), env:getBody())
say("end")
