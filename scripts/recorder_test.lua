local to = {flows = {recorder = {settings = {directory = "/var/spool/messages"}}}}

test("a key ends the message", function(t)
  t:config(to)
  local call = t:call{flow = "recorder", caller = "0301234", on = {silence_stream = "wait 12, press #"}}
  call:expect{
    heard = {"vm-record_message.wav", "tone_stream:*", "silence_stream:*", "ivr-thank_you.wav"},
    log = {"a message of 12 seconds from 0301234: /var/spool/messages/2*.wav"}, cause = "NORMAL_CLEARING",
  }
end)

test("who hangs up has left a message", function(t)
  t:config(to)
  t:call{flow = "recorder", caller = "0301234", on = {silence_stream = "wait 30, hangup"}}:expect{log = {"seconds from 0301234"}}
end)

test("the caller may hang up, and the host may die", function(t)
  t:config(to)
  t:hangups{flow = "recorder", caller = "0301234", on = {silence_stream = "wait 12, press #"}}
end)
