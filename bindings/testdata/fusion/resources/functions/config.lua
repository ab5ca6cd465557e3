--the configuration is found by its path, and read
	require "resources.functions.file_exists";
	require "resources.functions.explode";
	require "resources.functions.trim";

	function config()
		if file_exists("/usr/local/etc/shop/config.conf") then
			return "/usr/local/etc/shop/config.conf";
		elseif file_exists("/etc/shop/config.lua") then
			return "/etc/shop/config.lua";
		end
		return scripts_dir .. "/resources/config.lua";
	end

	scripts_dir = freeswitch.getGlobalVariable("script_dir");
	config_file = config();
	dofile(config_file);

	for line in io.lines(scripts_dir .. "/resources/config.conf") do
		if line:match("=") then
			local pair = explode("=", line);
			settings[trim(pair[1])] = trim(pair[2]);
		end
	end
