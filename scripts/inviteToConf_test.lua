test("a key joins the conference", function(t)
  t:extension("7001", {"conference 7001"})
  local call = t:call{flow = "inviteToConf", args = {"7001", "60"}, on = {accept_press_one = "wait 0.5, press 1", ["app conference"] = "wait 300, hangup"}}
  call:expect{
    apps = {"answer", "read *accept_press_one.wav *", "transfer 7001 XML default", "conference 7001"},
    log = {"joins conference 7001"}, ends = 300.5, cause = "NORMAL_CLEARING",
  }
end)

test("another key has the prompt played again", function(t)
  t:extension("7001", {"conference 7001"})
  local call = t:call{flow = "inviteToConf", on = {accept_press_one = {"wait 0.5, press 2", "press 1"}, ["app conference"] = "hangup"}}
  call:expect{apps = {"answer", "read *", "playback *accept_press_one.wav", "transfer *", "conference 7001"}}
end)

test("who says nothing is hung up when the time is over", function(t)
  t:call{flow = "inviteToConf", args = {"7001", "60"}}:expect{cause = "ALLOTTED_TIMEOUT", log = {"hung up without joining"}, ends = 60}
end)

test("without the prompt the call waits in silence", function(t)
  t:sound("*accept_press_one.wav", false)
  t:extension("7001", {"conference 7001"})
  t:call{flow = "inviteToConf", at = {[1] = "press 1"}, on = {["app conference"] = "hangup"}}:expect{apps = {"...", "conference 7001"}}
end)

test("the caller may hang up, and the host may die", function(t)
  t:extension("7001", {"conference 7001"})
  t:hangups{flow = "inviteToConf", args = {"7001", "60"}, on = {accept_press_one = {"wait 0.5, press 2", "wait 0.5, press 1"}, ["app conference"] = "wait 5, hangup"}}
end)
