require "say"
say(#argv, table.concat(argv, "|"), type(session), type(event))
says("message", message)
message:addHeader("answered", "yes")
say("end")
