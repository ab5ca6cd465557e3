function explode(separator, text)
	local parts, from = {}, 1;
	while true do
		local first, last = string.find(text, separator, from, true);
		if not first then break end
		table.insert(parts, string.sub(text, from, first - 1));
		from = last + 1;
	end
	table.insert(parts, string.sub(text, from));
	return parts;
end
