-- It goes on for ever, as startup scripts may, and answers what it is asked by an event.
require "say"
local asked = freeswitch.EventConsumer("CUSTOM", "ways::ask")
freeswitch.API():executeString("hash insert/ways/startup/" .. argv[0]:match("[^/]*$") .. "," .. table.concat(argv, ","))
while true do
  local e = asked:pop(1)
  if e then
    say("startup was asked", e:getHeader("Question"), e:getBody(), e:getType())
    say("end")
  end
end
