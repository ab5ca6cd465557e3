-- Works off the queue transcribe, one message for each run. An error has the message tried
-- again later, on this host or another; after ten attempts eslua queue shows it with the
-- error.
local recording = queue.message().value
local answer = assert(http.post(settings.server, {json = recording, response_timeout = 60000}))
if answer.status ~= 200 then error("the speech server answered " .. answer.status) end

-- Flows read it with kv.bucket("texts"):get(uuid), for a week.
assert(kv.bucket("texts"):put(recording.uuid, answer.body, {ttl = 7 * 86400}))
freeswitch.consoleLog("info", "transcribed are " .. kv.increment("transcribed") .. "\n")
