test("who answers first gets the call", function(t)
  t:phone("user/1000", "USER_BUSY")
  t:phone("user/1001", {answers = 6, at = {[10] = "hangup"}})
  t:phone("user/1002", {answers = 9})
  local call = t:call{flow = "groupCall", args = {"user/1000 user/1001 user/1002"}}
  call:expect{legs = {"user/1000 USER_BUSY", "user/1001 NORMAL_CLEARING", "user/1002 LOSE_RACE"}, ends = 16}
end)

test("with hunt they ring one after the other", function(t)
  t:config{flows = {groupCall = {settings = {members = "user/1000 user/1001", seconds = 5, hunt = true}}}}
  t:phone("user/1000", {answers = false})
  t:phone("user/1001", {answers = 2, at = {[3] = "hangup"}})
  t:call{flow = "groupCall"}:expect{legs = {"user/1000 NO_ANSWER", "user/1001 NORMAL_CLEARING"}, ends = 10}
end)

test("when nobody answers the caller hears of it", function(t)
  t:phone("user/1000", {answers = false})
  local call = t:call{flow = "groupCall", args = {"user/1000 user/1001"}}
  call:expect{cause = "NO_ANSWER", log = {"nobody of the group has answered: NO_ANSWER"}, ends = 20}
end)

test("the caller may hang up, and the host may die", function(t)
  t:phone("user/1000", {answers = false})
  t:hangups{flow = "groupCall", args = {"user/1000"}}
end)
