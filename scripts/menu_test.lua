test("a key leads to an extension", function(t)
  t:config{flows = {menu = {settings = {key_1 = "1000"}}}}
  t:extension("1000", {"bridge user/1000"})
  t:phone("user/1000", {answers = 3, at = {[5] = "hangup"}})
  local call = t:call{flow = "menu", caller = "0301234", on = {["ivr-welcome.wav"] = "wait 0.5, press 1"}}
  call:expect{
    apps = {"answer", "read 1 1 ivr/ivr-welcome.wav *", "transfer 1000 XML default", "bridge user/1000"},
    heard = {{"ivr-welcome.wav", at = 0}},
    legs = {"user/1000 NORMAL_CLEARING"},
    cause = "NORMAL_CLEARING",
  }
end)
test("who says nothing is told goodbye", function(t)
  local call = t:call{flow = "menu"}
  call:expect{heard = {"ivr-welcome.wav", "ivr-welcome.wav", "ivr-welcome.wav", "vm-goodbye.wav"}, cause = "NORMAL_CLEARING", ends = 19}
end)
test("a caller may leave at any time", function(t)
  t:config{flows = {menu = {settings = {key_1 = "1000"}}}}
  t:extension("1000", {"bridge user/1000"})
  t:phone("user/1000", {answers = 3, at = {[5] = "hangup"}})
  t:hangups{flow = "menu", on = {["ivr-welcome.wav"] = {"press 7", "wait 1, press 1"}}}
end)
