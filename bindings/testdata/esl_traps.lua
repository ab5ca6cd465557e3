-- What a program for FreeSWITCH's library ESL may stumble over. esl_traps.txt is what the
-- real one prints (libs/esl/lua, with Lua 5.3) beside a FreeSWITCH whose port is PORT.
-- After disconnect it crashes in api, bgapi and sendRecv.
local ESL = require "ESL"
local port = tostring(PORT or 8021)
local function text(v) if type(v) == "number" then return ("%d"):format(v) end return tostring(v) end
local function show(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = text((select(i, ...))):gsub("\n", "|"):gsub("; write .*$", "") end
  print(table.concat(t, " "))
end
local con = ESL.ESLconnection("127.0.0.1", port, "ClueCon")
show("connected", con:connected(), con:getInfo(), con:socketDescriptor() >= 0, ESL.ESLconnection("127.0.0.1", port, "wrong"):connected(), ESL.ESLconnection("127.0.0.1", "1", "ClueCon"):connected())
show("api", con:api("nosuch"):getBody(), con:api("uuid_exists", "nobody"):getBody(), con:api("regex", "m:~a~b~c~n"):getBody(), con:api("uuid_exists", "nobody"):getType())
local refused = con:sendRecv("nonsense")
show("a reply has no body", refused:getHeader("Reply-Text"), refused:getBody(), refused:getType(), con:sendRecv("api uuid_exists nobody\n\n"):getBody())
local e = ESL.ESLevent("CUSTOM", "eslua::trap") e:addHeader("A", "x y") e:addBody("text")
show("events", con:events("plain", "CUSTOM eslua::trap"))
local reply = con:sendEvent(e)
show("sendEvent", reply:getType(), reply:getHeader("A"), reply:getBody())
local got = con:recvEvent()
show("recvEvent", got:getType(), got:getHeader("a"), got:getBody(), got:getHeader("_body"), got:getHeader("nothing"))
reply = con:sendEvent(ESL.ESLevent("CUSTOM", "eslua::other"))
show("the next", reply:getType(), reply:getHeader("A"), con:recvEventTimed(20))
show("execute", con:execute("park"):getHeader("Reply-Text"), con:execute("park", "", "nobody"):getHeader("Reply-Text"), con:executeAsync("park", "", "nobody"):getHeader("Reply-Text"))
show("modes", con:setAsyncExecute("yes"), con:setAsyncExecute(nil), con:setAsyncExecute("0"), con:setAsyncExecute("7"), con:setEventLock("on"), con:setEventLock("no"))
show("bgapi", con:bgapi("uuid_exists", "nobody", "my-job"):getHeader("Job-UUID"))
show("what was sent is answered later", con:send("api uuid_exists nobody"), con:recvEvent():getBody(), con:recvEventTimed(20))
show("serialize", e:serialize(), e:serialize() == e:serialize())
show("json", (e:serialize("json"):gsub("%s+", " ")))
show("xml", (e:serialize("xml"):sub(1, 11)))
show("headers", e:addHeader("b", "1"), e:addHeader("b", "2"), e:getHeader("b"), e:addHeader("b", ""), e:getHeader("b"), e:addHeader("c", nil), e:delHeader("A"), e:delHeader("A"), e:getHeader("a"))
local l = ESL.ESLevent("CUSTOM")
show("lists", l:pushHeader("l", "1"), l:getHeader("l"), l:pushHeader("l", "2"), l:getHeader("l"), l:unshiftHeader("l", "0"), l:getHeader("l"), l:getHeader("l", 0), l:getHeader("l", 1), l:getHeader("l", 9), l:getHeader("none", 0))
local u = ESL.ESLevent("CUSTOM")
show("unshift", u:unshiftHeader("l", "1"), u:getHeader("l"), u:unshiftHeader("l", "0"), u:getHeader("l"), u:serialize())
local names = {} local n = e:firstHeader() while n do names[#names + 1] = n n = e:nextHeader() end
show("names", table.concat(names, ","))
show("types", ESL.ESLevent("nonsense"):getType(), ESL.ESLevent("nonsense", "x"):getType(), ESL.ESLevent("custom"):getType(), ESL.ESLevent("json", '{"Event-Name": "CUSTOM", "a": "b", "_body": "c"}'):getBody(), ESL.ESLevent("CUSTOM"):setPriority())
show("body", e:addBody("one"), e:addBody("two"), e:getBody(), ESL.ESLevent("CUSTOM"):getBody())
show(pcall(con.api, con, true)) show(pcall(con.recvEventTimed, con, "x")) show(pcall(con.events, con, "plain")) show(pcall(e.addHeader, e, "a")) show(pcall(e.getHeader, e, {}))
show("disconnect", con:disconnect(), con:connected(), con:disconnect(), con:socketDescriptor())
show("gone", con:recvEvent():getType(), con:recvEventTimed(10), con:send("x"), con:sendEvent(e):getType(), con:execute("x"), con:executeAsync("x"), con:filter("a", "b"), con:events("plain", "all"), con:sendMSG(e), con:getInfo())
