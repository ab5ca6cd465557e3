test("the CRM is told that a call begins, and how it ended", function(t)
  t:http("POST http://127.0.0.1:8090/pushes", "")
  local call = t:call{flow = "notify", caller = "0301234"}
  call:expect{
    cause = "CALL_REJECTED", variables = {told = "*_ended"},
    requests = {{"POST *", body = '*"what":"began"*'}, {"POST *", body = '*"what":"ended"*'}},
  }
end)
