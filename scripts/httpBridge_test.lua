local service = "http://service.example/calls"
local own = {flows = {httpBridge = {settings = {url = service}, grants = {hosts = {"service.example"}}, fallback = "hangup NORMAL_TEMPORARY_FAILURE"}}}

test("the call goes where the service says, which is told how it goes", function(t)
  t:config(own)
  t:http(service .. "?action=request&*", {json = {dial = {type = "user", user = "1000"}}})
  t:http(service .. "*", "")
  t:phone("user/1000", {answers = 3, at = {[10] = "hangup"}})
  local call = t:call{flow = "httpBridge", caller = "0301234", called = "7000"}
  call:expect{
    legs = {"user/1000 NORMAL_CLEARING"}, cause = "NORMAL_CLEARING", ends = 13,
    requests = {"GET *action=request&called=7000&caller=0301234*", "GET *action=ring*", "GET *action=answer*", "GET *action=hangup*billsec=10*"},
  }
end)

test("the service refuses a call", function(t)
  t:config(own)
  t:http(service .. "?action=request&*", {json = {dial = {type = "hangup", cause = 17}}})
  t:http(service .. "*", "")
  t:call{flow = "httpBridge"}:expect{cause = "USER_BUSY", legs = {}}
end)

test("a service that does not answer in time ends the call with the fallback", function(t)
  t:config(own)
  t:http(service .. "*", {after = 60})
  t:call{flow = "httpBridge"}:expect{cause = "NORMAL_TEMPORARY_FAILURE", error = "no answer"}
end)

test("an answer that is no JSON is not used", function(t)
  t:config(own)
  t:http(service .. "*", {status = 200, body = "<html>"})
  t:call{flow = "httpBridge"}:expect{cause = "NORMAL_TEMPORARY_FAILURE", error = "the answer is no JSON"}
end)

test("the caller may hang up, and the host may die", function(t)
  t:config(own)
  t:http(service .. "?action=request&*", {json = {dial = {type = "user", user = "1000"}}, after = 1})
  t:http(service .. "*", "")
  t:phone("user/1000", {answers = 3, at = {[5] = "hangup"}})
  t:hangups{flow = "httpBridge", caller = "0301234", called = "7000"}
end)
