test("it prints what FreeSWITCH says", function(t)
  t:api("status", "UP 3 years")
  assert(t:run("status") == "UP 3 years")
end)
