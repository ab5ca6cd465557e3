company = "Example"
