require "say"
if stream then stream:write("before ") end
say("end")
error("not today")
