function file_exists(name)
	local f = io.open(name, "r");
	if f ~= nil then io.close(f); return true; end
	return false;
end
