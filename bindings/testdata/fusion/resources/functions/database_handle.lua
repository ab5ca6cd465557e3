	function database_handle(t)
		if t == "system" then
			return freeswitch.Dbh(database["type"] .. "://" .. database["name"]);
		end
	end
