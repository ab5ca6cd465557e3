require "say"
say(argv[0]:match("[^/]*$"), #argv, table.concat(argv, "|"), type(session), type(env), type(event), type(params), type(message), type(XML_REQUEST))
if stream then
  stream:write("written ") stream:write(3) stream:write(" lines\n") stream:write("and a last one")
end
local api = freeswitch.API()
say(api:execute("hash", "insert/ways/" .. (argv[1] or "none") .. "/1"), api:executeString("hash select/ways/" .. (argv[1] or "none")))
say("end")
