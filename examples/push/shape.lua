-- The script of a push: the global push is the document as it will be sent. Calls that
-- nobody has answered within two seconds are not told, and numbers keep their last three
-- digits only.
local call = push.data
if not call.answer and call.duration_ms < 2000 then
  push = nil
  return
end

local function masked(party)
  party.number = party.number:gsub("%d", "*", math.max(#party.number - 3, 0))
end

masked(call.caller)
masked(call.callee)
for _, leg in ipairs(call.legs or {}) do
  masked(leg.caller)
  masked(leg.callee)
end
