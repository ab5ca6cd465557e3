-- differs: command show application
-- caller: playback:silence_stream://500^send_dtmf:9^playback:silence_stream://1500^send_dtmf:1^playback:silence_stream://1500^send_dtmf:2^playback:silence_stream://10000
session:answer()
local menu = freeswitch.IVRMenu(nil, "main", "tone_stream://%(4000,0,440)", "tone_stream://%(4000,0,480)", "tone_stream://%(200,0,300)", "tone_stream://%(100,0,200)",
  nil, nil, nil, nil, nil, 1, 500, 1, 2000, 3, 3)
menu:bindAction("menu-exec-app", "playback tone_stream://%(300,0,640)", "1")
menu:bindAction("menu-exit", "", "2")
menu:execute(session, "main")
freeswitch.consoleLog("info", "out " .. tostring(session:ready()))
