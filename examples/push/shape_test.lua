-- eslua test examples/push
test("a call that ends is told to the business system, with masked numbers", function(t)
  t:http("POST https://crm.example.org/calls", {status = 204})
  t:http("POST http://10.0.0.5:8080/events", "")
  local call = t:call{flow = "shape", caller = "0301234"}
  t:wait(60)
end)
