test("who answers is connected", function(t)
  t:phone("user/1000", {answers = 5, at = {[30] = "hangup"}})
  t:call{flow = "noAnswer", args = {"1000"}}:expect{apps = {"...", "bridge *user/1000"}, heard = {}, ends = 35}
end)

test("after its seconds the caller hears that nobody answers", function(t)
  t:phone("user/1000", {answers = false})
  local call = t:call{flow = "noAnswer", args = {"1000", "20"}}
  call:expect{heard = {{"vm-not_available.wav", at = 20}}, legs = {"user/1000 NO_ANSWER"}, cause = "NO_ANSWER", log = {"1000: NO_ANSWER"}}
end)

test("a phone that rejects the call is told at once", function(t)
  t:phone("user/1000", {cause = "CALL_REJECTED", after = 1})
  t:call{flow = "noAnswer", args = {"1000"}}:expect{heard = {{"vm-not_available.wav", at = 1}}, cause = "CALL_REJECTED"}
end)

test("the caller may hang up, and the host may die", function(t)
  t:phone("user/1000", {cause = "USER_BUSY", after = 2})
  t:hangups{flow = "noAnswer", args = {"1000"}}
end)
