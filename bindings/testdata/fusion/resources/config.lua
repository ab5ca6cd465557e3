	database = {};
	database["type"] = "sqlite";
	database["name"] = "shop";
	settings = {};
	debug["sql"] = false;
