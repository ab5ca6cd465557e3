-- menu: greets a caller and sends the call where a key leads.
--
--   flows:
--     menu:
--       settings: {key_1: "1000", key_2: "2000 XML sales", key_0: "operator"}
--
-- A key leads to an extension, with its dialplan and context if they are not XML and
-- default. Who presses none is told goodbye.

local greeting = settings.greeting or "ivr/ivr-welcome.wav"
local wrong    = settings.wrong or "ivr/ivr-that_was_an_invalid_entry.wav"
local goodbye  = settings.goodbye or "voicemail/vm-goodbye.wav"
local wait     = settings.wait or 5000 -- milliseconds
local tries    = settings.tries or 3

session:answer()
for _ = 1, tries do
  local key = session:read(1, 1, greeting, wait, "")
  local where = settings["key_" .. key]
  if where then
    local extension, dialplan, context = tostring(where):match("^(%S+)%s*(%S*)%s*(%S*)$")
    session:transfer(extension, dialplan ~= "" and dialplan or "XML", context ~= "" and context or "default")
    return
  end
  if not session:ready() then return end
  if key ~= "" then session:streamFile(wrong) end
end
session:streamFile(goodbye)
session:hangup()
