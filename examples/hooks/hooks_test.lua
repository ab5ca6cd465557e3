-- eslua test examples/hooks
test("each event of a call becomes a line", function(t)
  local call = t:call{flow = "nosuch", caller = "0301234", called = "100"}
  call:expect{error = "not among the scripts", log = {"switch CHANNEL_CREATE * 0301234 100 -", "switch CHANNEL_HANGUP_COMPLETE * 0301234 100 NORMAL_CLEARING"}}
end)
