-- eslua test examples/hooks
test("a line is written for each call", function(t)
  t:extension("100", {"answer", "sleep 1000", "hangup USER_BUSY"})
  t:call{caller = "0301234", called = "100"}
  t:expect{log = {"CHANNEL_CREATE * 0301234 100 -", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE * USER_BUSY"}}
end)

test("a setting chooses the events", function(t)
  t:config{flows = {["hooks/eventLogger"] = {settings = {events = "CHANNEL_ANSWER"}}}}
  t:extension("100", {"answer", "sleep 1000", "hangup"})
  t:call{called = "100"}
  t:wait(3600)
  t:expect{log = {"CHANNEL_ANSWER", "1 events in the last hour"}}
end)
