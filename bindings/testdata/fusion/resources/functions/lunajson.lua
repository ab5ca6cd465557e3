return {encode = function(list) return "[" .. table.concat(list, ",") .. "]" end}
