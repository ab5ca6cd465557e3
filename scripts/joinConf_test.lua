test("the call is in the conference until it is hung up", function(t)
  local call = t:call{flow = "joinConf", args = {"3055"}, at = {[60] = "hangup"}}
  call:expect{apps = {"answer", "conference 3055@default"}, ends = 60}
  t:hangups{flow = "joinConf", at = {[5] = "hangup"}}
end)
