--include config.lua
	scripts_dir = string.sub(debug.getinfo(1).source, 2, string.len(debug.getinfo(1).source) - (string.len(argv[0]) + 1));
	own_dir = scripts_dir;
	dofile(scripts_dir .. "/resources/functions/config.lua");
	require "resources.functions.database_handle";
	local log = require "resources.functions.log".new("ivr");
	local json = require "resources.functions.lunajson";

--the menu is a file beside this one
	local here = debug.getinfo(1, "S").source:match("@(.*/)");
	local menu = assert(loadfile(here .. "resources/menu.lua"))();
	package.path = here .. "resources/?.lua;" .. package.path;
	local greet = require "greet";

	session:answer();
	log:notice(greet(argv[1]) .. " from " .. settings["switch.sounds.dir"]);
	r = table.concat({greet(argv[1]), menu["1"], settings["cache.method"], database["name"], tostring(debug.sql), json.encode({1, 2})}, "|");
	r2 = config_file;
	r3 = own_dir .. "|" .. argv[0] .. "|" .. here;
	r4 = tostring(file_exists("/etc/passwd")) .. tostring(file_exists(scripts_dir .. "/nothing.lua")) .. tostring(file_exists(scripts_dir .. "/resources/config.lua"));
