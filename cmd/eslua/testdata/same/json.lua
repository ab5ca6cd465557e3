local function say(...) local t = {} for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end freeswitch.consoleLog("info", table.concat(t, " ") .. "\n") end
local json = freeswitch.JSON()
local t = json:decode('{"name":"x","list":[1,2,3],"on":true,"none":null}')
say(t.name, #t.list, t.on, t.none)
json:return_unformatted_json(true)
say(json:encode({ a = "b" }))
