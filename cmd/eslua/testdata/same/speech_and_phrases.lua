-- caller: playback:silence_stream://10000
local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
session:set_tts_params("no_such_engine", "voice")
session:say("123", "en", "number", "pronounced")
session:sayPhrase("no_such_phrase", "1", "en")
session:execute("say", "en number iterated 12")
say(session:ready())
