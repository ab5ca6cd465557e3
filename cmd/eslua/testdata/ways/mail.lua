-- The mails of TestLiveWaysIn: argv[1] is the number of one, argv[2] this directory.
require "say"
local dir = argv[2]
local mails = {
  {"a@example.org", "ivr@example.org", "Subject: Hi\nX-Kind: plain", "Hello\n\nthere"},
  {"a@example.org", "ivr@example.org", "To: a@example.org\nFrom: The IVR <ivr@example.org>\nSubject: two\n", "x\n.\ny"},
  {"a@example.org, b@example.org", "ivr@example.org", "Subject: several", "Hello"},
  {"a@example.org", "ivr@example.org", "Subject: html", "Content-Type: text/html\n\n<b>Hello</b>", dir .. "/1.wav"},
  {"a@example.org", "ivr@example.org", "Subject: Grüße\nX-Voicemail: 1", "Zoë\n" .. ("long "):rep(300), dir .. "/1.wav"},
  {"a@example.org", "ivr@example.org", nil, nil, dir .. "/text"},
  {"a@example.org", "ivr@example.org", "Subject: without a conversion", "Hello", dir .. "/1.wav", "", ""},
  {"a@example.org", "ivr@example.org", "Subject: none", "Hello", dir .. "/none.wav"},
  {"", "ivr@example.org", "Subject: nobody", "Hello"},
}
say("sent", freeswitch.email(table.unpack(mails[tonumber(argv[1])], 1, 7)))
local ok, why = pcall(freeswitch.email, "a@example.org", {})
say("failed", pcall(freeswitch.email), (why:gsub("; write.*", "")))
say("end")
