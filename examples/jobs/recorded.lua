-- Runs when a recording is finished, and leaves the long work to the queue: the message is
-- on the disk, and is not lost when the speech server is down or eslua ends.
local id, err = queue.publish("transcribe", {
  uuid = event:getHeader("Unique-ID"),
  file = event:getHeader("Record-File-Path"),
})
if not id then freeswitch.consoleLog("err", "not transcribed: " .. err .. "\n") end
