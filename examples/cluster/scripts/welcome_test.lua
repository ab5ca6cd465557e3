-- eslua test examples/cluster
test("a tone is played once a second", function(t)
  local call = t:call{flow = "welcome", at = {[3.5] = "hangup"}}
  call:expect{log = {"begins on switch"}, heard = {"tone_stream*", "tone_stream*", "tone_stream*", "tone_stream*"}}
end)

test("the other host goes on where the first one has stopped", function(t)
  t:hangups{flow = "welcome", at = {[5.5] = "hangup"}}
end)
