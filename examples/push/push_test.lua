-- eslua test examples/push
local crm, wallboard = "POST https://crm.example.org/calls", "POST http://10.0.0.5:8080/events"

-- tells has somebody call an extension that no flow serves, and returns when the call has been told.
local function tells(t, applications)
  t:http("POST *", {status = 204})
  t:extension("100", applications)
  t:call{caller = "0301234", called = "100", variables = {customer_id = "7"}}
  t:wait(30)
end

test("a call is told with the last three digits of its number", function(t)
  tells(t, {"answer", "sleep 5000", "hangup"})
  t:expect{requests = {wallboard, {crm, body = '*"number":"****234"*"customer_id":"7"*'}}}
end)

test("a call that nobody has answered within two seconds is not told", function(t)
  tells(t, {"sleep 1000", "hangup USER_BUSY"})
  t:expect{requests = {}}
end)

test("the CRM is told again until it answers", function(t)
  t:http(crm, {status = 503, times = 2})
  tells(t, {"sleep 5000", "hangup USER_BUSY"})
  t:expect{requests = {crm, crm, crm}}
end)

test("a recording is told to the archive", function(t)
  tells(t, {"answer", "record /tmp/message.wav 10", "hangup"})
  t:expect{requests = {wallboard, "...", {"POST https://archive.example.org/recordings", body = "*/tmp/message.wav*"}, "..."}}
end)
