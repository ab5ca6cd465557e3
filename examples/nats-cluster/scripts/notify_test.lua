-- eslua test examples/nats-cluster
local crm = "POST http://127.0.0.1:8090/pushes"

test("the CRM is told of the begin and of the end", function(t)
  t:http(crm, {status = 204})
  local call = t:call{flow = "notify", caller = "0301234"}
  call:expect{cause = "CALL_REJECTED"}
  t:expect{requests = {{crm, body = '*"caller":"0301234"*"what":"began"*'}, {crm, body = '*"what":"ended"*'}}}
end)

test("a CRM that is down for an hour is told then, in order", function(t)
  t:http(crm, {status = 503, times = 10})
  t:http(crm, {status = 204})
  t:call{flow = "notify"}
  t:wait(7200)
  t:expect{requests = {"...", {crm, body = "*began*"}, {crm, body = "*ended*"}}}
end)

test("who hangs up, and a host that dies, break nothing", function(t)
  t:http(crm, {status = 204})
  t:hangups{flow = "notify"}
end)
