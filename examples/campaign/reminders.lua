-- Has the list in customers.csv dialled. Who answers gets the flow remind.
local c = campaign{
  name = "reminders",
  list = "customers.csv",                 -- number, name, timezone, appointment
  dnc = {bucket = "dnc"},                 -- looked up before each attempt
  to = settings.carrier, from = settings.from, timeout = 25,
  on_answer = "remind",
  rate = 2, at_once = 20,
  retries = {busy = 2, ["no answer"] = 1, machine = 1}, retry_after = 900,
  window = "mon-fri 09:00-18:00, sat 10:00-14:00",
  timezone = "Europe/Berlin", timezones = {["+44"] = "Europe/London", ["+1"] = "America/New_York"},
}
freeswitch.consoleLog("notice", ("reminders: %d numbers are new, %d were known, %d cannot be dialled\n"):format(c.added, c.known, c.invalid))
for _, why in ipairs(c.errors) do freeswitch.consoleLog("warning", why .. "\n") end
