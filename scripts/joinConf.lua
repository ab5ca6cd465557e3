-- joinConf: answers a call and puts it into a conference.
--
--   <action application="socket" data="127.0.0.1:8084/joinConf/3000 async full"/>

local conference = argv[1] or settings.conference or "3000"
local profile    = argv[2] or settings.profile or "default"

session:answer()
session:execute("conference", conference .. "@" .. profile)
