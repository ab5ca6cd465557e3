-- differs: line set_tts_parms is deprecated|event CUSTOM Event-Subclass=eslua::same
local function say(...) local t = {} for i = 1, select("#", ...) do local v = select(i, ...) t[i] = type(v) == "number" and ("%d"):format(v) or tostring(v) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
session:answer()
-- attributes
session:setInputCallback("f", "a") say(session.cb_function, session.cb_arg)
session.cb_function = "g" session.cb_arg = "b" say(session.cb_function, session.cb_arg)
session:unsetInputCallback()
session:setHangupHook("f", "a") say(session.hangup_func_str, session.hangup_func_arg)
session.hangup_func_str = "gone" session.hangup_func_arg = "why"
function gone(s, what, arg) say("gone", what, arg, s == session) end
why = "because"
say(session.tts_name, session.voice_name)
session:set_tts_params("nosuch", "voice") say(session.tts_name, session.voice_name)
session:set_tts_parms("other", "one") say(session.tts_name, session.voice_name)
session.tts_name = "flite" say(session.tts_name)
say(session.uuid == session:get_uuid())
say((select(2, pcall(function() session.cb_arg = true end)):gsub("^%S+%.lua:%d+: ", "")))
say(freeswitch.S_HUP, freeswitch.S_FREE, freeswitch.S_RDLOCK, session.allocated)
-- what SWIG adds
say(swig_type(freeswitch.DTMF("5")), swig_type("x"), swig_type(nil), swig_type(freeswitch.API()))
local e = freeswitch.Event("CUSTOM", "a::b")
say(swig_equals(e, e), swig_equals(e, freeswitch.Event("CUSTOM", "a::b")))
-- digits as objects
local d = freeswitch.DTMF("7") say(d.digit)
d.digit = "8" say(d.digit, d.duration ~= nil)
-- callbacks leave the event
function heard(s, kind, event) say(kind, __Input_Event__ ~= nil, event:getHeader("Event-Name"), event:getHeader("mark")) return "stop" end
session:setInputCallback("heard")
local to = freeswitch.Event("CUSTOM", "eslua::same") to:addHeader("Unique-ID", session.uuid) to:addHeader("mark", "here") say(to:fire())
say(session:sleep(1000)) say(__Input_Event__ ~= nil and __Input_Event__:getHeader("mark"))
session:unsetInputCallback()
-- threads
say(session:begin_allow_threads(), session:end_allow_threads(), session:check_hangup_hook())
session:hangup()
