local lines = {flows = {gateway = {settings = {tdm = "freetdm/wp1/a/NUMBER", sip = "sofia/gateway/carrier/NUMBER"}}}}

test("a number goes out over the line", function(t)
  t:config(lines)
  t:phone("freetdm/wp1/a/*", {answers = 4, at = {[20] = "hangup"}})
  local call = t:call{flow = "gateway", args = {"tdm", "5551"}}
  call:expect{legs = {"freetdm/wp1/a/5551 NORMAL_CLEARING"}, log = {"5551: SUCCESS"}, ends = 24}
end)

test("without a number the one that was dialled is taken", function(t)
  t:config(lines)
  t:phone("sofia/gateway/carrier/*", "USER_BUSY")
  local call = t:call{flow = "gateway", args = {"sip"}, called = "0301234"}
  call:expect{legs = {"sofia/gateway/carrier/0301234 USER_BUSY"}, log = {"0301234: USER_BUSY"}, cause = "USER_BUSY"}
end)

test("without a direction the log says how to write it", function(t)
  t:call{flow = "gateway"}:expect{error = "gateway needs a direction"}
end)

test("the caller may hang up, and the host may die", function(t)
  t:config(lines)
  t:phone("freetdm/wp1/a/*", {answers = 4, at = {[20] = "hangup"}})
  t:hangups{flow = "gateway", args = {"tdm", "5551"}}
end)
