-- The dialplan LUA.
require "say"
say("own", session and session:getVariable("own") or params:getHeader("variable_own"))
ACTIONS = { {"set", "first=1"}, "answer", {"log", "INFO x"}, {"sleep", 10}, {"hangup", "CALL_REJECTED"} }
