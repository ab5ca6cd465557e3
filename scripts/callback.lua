-- callback: calls somebody, then somebody else, and connects the two.
--
--   eslua run callback user/1000 user/1001
--
-- The output says what came of it. Each of the two may be rung for so many seconds.

local a, b    = argv[1] or settings.a, argv[2] or settings.b
local seconds = tonumber(argv[3] or settings.seconds or 30)
assert(a and b, "callback needs two endpoints: eslua run callback user/1000 user/1001")

local went = callback{ a = { to = a, timeout = seconds }, b = { to = b, timeout = seconds } }
if went.connected then
  print(a .. " and " .. b .. " have spoken for " .. went.seconds .. " seconds")
else
  print(a .. ": " .. went.a.outcome .. ", " .. b .. ": " .. (went.b and went.b.outcome or "not called"))
end
