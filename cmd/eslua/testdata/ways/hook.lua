require "say"
if event:getType() == "CHANNEL_ANSWER" and event:getHeader("variable_hooked") ~= "yes" then return end -- of another test
say("hook", #argv, table.concat(argv, "|"), event:getType(), type(session), type(stream), type(env))
says("event", event)
say("fire", event:fire())
if event:getType() == "CHANNEL_ANSWER" then
  local id = event:getHeader("Unique-ID")
  local api = freeswitch.API()
  say("set", api:executeString("uuid_setvar " .. id .. " by_hook yes"))
  local s = freeswitch.Session(id)
  say("session", s:getVariable("by_hook")) -- the call goes on meanwhile: ready() depends on the moment
  s:setVariable("by_session", "yes")
end
say("end")
