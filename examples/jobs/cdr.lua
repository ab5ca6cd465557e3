-- A hook for CHANNEL_HANGUP_COMPLETE: keeps a record of each call.
local function header(name) return event:getHeader(name) or "" end

database("users"):exec("insert or replace into cdr values (?, ?, ?, ?, ?, ?)",
  header("Unique-ID"), header("Caller-Caller-ID-Number"), header("Caller-Destination-Number"),
  header("Hangup-Cause"), tonumber(event:getHeader("variable_billsec")) or 0, header("Event-Date-GMT"))
