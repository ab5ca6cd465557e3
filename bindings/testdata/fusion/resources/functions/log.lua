local Log = {}
Log.__index = Log
function Log.new(name) return setmetatable({name = name}, Log) end
function Log:notice(text) freeswitch.consoleLog("notice", "[" .. self.name .. "] " .. text .. "\n") end
return setmetatable(Log, {__call = function(_, name) return Log.new(name) end})
