-- differs: ^. (command (chat event|json )|event CUSTOM Event-Subclass=a::message)
-- caller: sleep:3000^hangup
-- What scripts send to others, and what they ask as JSON.
local function say(...) freeswitch.consoleLog("info", table.concat({...}, " ") .. "\n") end
session:answer()
local e = freeswitch.Event("CUSTOM", "a::message")
for _, h in ipairs{ {"from", "1000@example.org"}, {"to", "1001@example.org"}, {"type", "text/plain"}, {"dest_proto", "event"}, {"x", "y"} } do e:addHeader(h[1], h[2]) end
e:addBody("hello")
say(e:getType(), e:getHeader("dest_proto"), e:getBody())
e:chat_send("event")
e:chat_send()
local json = freeswitch.JSON()
local answer = json:execute('{"command": "status", "data": {}}')
say(type(answer), tostring(answer.status), type(answer.response))
answer = json:execute2({command = "status", data = {}})
say(type(answer), (tostring(answer):gsub("%d+", "N")))
