-- mod_avmd has heard the beep of an answering machine: the campaign counts the call as
-- machine, and calls again as often as its retries say.
on("CUSTOM avmd::beep", function(event)
  local uuid = event:getHeader("Unique-ID")
  local api = freeswitch.API()
  api:execute("uuid_setvar", uuid .. " campaign_result machine")
  api:execute("uuid_kill", uuid)
end)
