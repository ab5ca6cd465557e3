-- args: one two\\three a+b 7
-- differs: ^[-+] line 2 two
-- mod_lua writes the arguments into a text of Lua, in which a backslash means something;
-- one before an n lets the script not run at all. A socket's path has them as they are.
for i = 1, #argv do freeswitch.consoleLog("info", i .. " " .. argv[i] .. "\n") end
freeswitch.consoleLog("info", #argv .. " " .. tostring(argv[#argv + 1]) .. "\n")
