-- httpBridge: a web service says where a call goes, and is told how it goes.
--
--   <action application="socket" data="127.0.0.1:8084/httpBridge async full"/>
--
-- The service is asked with GET: action=request, uuid, caller, called, direction. It
-- answers with JSON, {"dial": {"type": ...}, "variables": {...}}:
--
--   type        what is dialled
--   gateway     "number" over "gateway"
--   user        "user"; or "number" at the device with which "user" is registered
--   ip          "number" at "ip", HOST or HOST:PORT, from the SIP profile "sofia" (external)
--   dialstring  "dialstring"; what follows a comma is dialled when the one before has failed
--   hangup      nothing: the caller is refused with "cause", a number or a name, or "sipcode"
--
-- The variables are set for the caller and for whom is dialled; origination_* and
-- absolute_codec_string only there. Then come, in order, action=ring (180), progress
-- (183), answer and hangup, with the uuid, that of the leg, and how the call has ended.
--
-- An answer that cannot be used is logged, and the flow's fallback runs:
--
--   flows:
--     httpBridge:
--       settings: {url: "http://10.0.0.5:8080/calls"}
--       grants: {hosts: ["10.0.0.5:8080"]}
--       fallback: hangup NORMAL_TEMPORARY_FAILURE

local url       = settings.url                      -- ${NAME} in it is that variable of the call
local backup    = settings.backup_url               -- is asked if the answer of url is of no use
local connect   = settings.connect_timeout or 3000  -- milliseconds
local response  = settings.response_timeout or 3000 -- milliseconds
local retries   = settings.retries or 1             -- of a request that got no answer, within these times
local notify    = tostring(settings.notify or 1)    -- 1: notices; 0: none; durable: none is lost, they go to endpoint
local endpoint  = settings.endpoint or "httpBridge" -- its name under endpoints: and grants: {endpoints: [...]}
local variables = settings.variables or ""          -- of the call, which the service is told too: "domain_name sip_call_id"
local final     = settings.final_causes             -- after which nothing else is dialled: the callee was reached
  or "USER_BUSY,BUSY_EVERYWHERE,CALL_REJECTED,DECLINE,REJECT_ALL,UNWANTED,NO_ANSWER"

local uuid = session:get_uuid()
local service                 -- the URL that is asked, or has answered
local requests, told = {}, {} -- of http.async, in order; which notices were sent
local began, answered = os.time(), nil

local function log(level, ...) freeswitch.consoleLog(level, "httpBridge: " .. table.concat({...}, " ") .. "\n") end

-- Returns the service without its query, which may hold a key.
local function name() return (service:gsub("%?.*", "")) end

-- Raises what is wrong with an answer, so that the next service is asked.
local function refuse(...) error(table.concat({...}, " "), 0) end

-- Returns what the service is told.
local function describe(action, more)
  local query = { action = action, uuid = uuid }
  for name in variables:gmatch("[^%s,]+") do query[name] = session:getVariable(name) end
  for name, value in pairs(more) do query[name] = value end
  return query
end

-- Begins to ask the service, when another request has ended.
local function get(query, after)
  return http.async(service, { query = query, after = after, retries = retries, connect_timeout = connect, response_timeout = response })
end

-- Sends a notice, once for each action. The call goes on meanwhile.
local function tell(action, more)
  if notify == "0" or notify == "false" or told[action] then return end
  told[action] = true
  local query = describe(action, more)
  if notify == "durable" then
    outbox.push(endpoint, "", { method = "GET", type = "call." .. action, query = query })
  else
    table.insert(requests, get(query, requests[#requests]))
  end
end

-- Returns what the service has written as a text.
local function text(name, value)
  if type(value) == "number" and value % 1 == 0 then return ("%.0f"):format(value) end
  if type(value) == "table" then refuse(name, "is a list or an object") end
  return (tostring(value):match("^%s*(.-)%s*$"))
end

-- The forms of what becomes part of a dial string.
local forms = {
  number  = "^[%w+*#._-]+$",
  user    = "^[%w+._-]+@?[%w.-]*$",
  gateway = "^[%w._\128-\255-]+$",
  ip      = "^%[?[%w.:-]+%]?$",
  sofia   = "^[%w._-]+$",
}

local function field(dial, name, default)
  local value = text("dial." .. name, dial[name] or default or refuse("dial." .. name, "is missing"))
  return value:find(forms[name]) and value or refuse(("dial.%s is %q"):format(name, value))
end

-- What dial{...} dials for each type, or the cause and the code of a refusal.
local types = {}

function types.gateway(dial)
  return { "sofia/gateway/" .. field(dial, "gateway") .. "/" .. field(dial, "number") }
end

function types.user(dial)
  local user = field(dial, "user")
  local number = dial.number and field(dial, "number") or user
  local contact = number ~= user and freeswitch.API():execute("sofia_contact", user) or ""
  local profile, device = contact:match("^(sofia/[^/]+/sip:)[^@,]*(@[^,]+)")
  return { profile and profile .. number .. device or "user/" .. user }
end

function types.ip(dial)
  return { "sofia/" .. field(dial, "sofia", "external") .. "/" .. field(dial, "number") .. "@" .. field(dial, "ip") }
end

function types.dialstring(dial)
  local what, why = readDial(text("dial.dialstring", dial.dialstring or refuse("dial.dialstring is missing")))
  return what or refuse("dial.dialstring cannot be dialled:", why)
end

function types.hangup(dial)
  local cause, code = dial.cause, tonumber(dial.sipcode)
  if cause then cause = freeswitch.cause(text("dial.cause", cause)) or refuse("dial.cause is no hangup cause:", tostring(cause)) end
  if dial.sipcode and not (code and code >= 400 and code <= 699) then refuse("dial.sipcode is none from 400 to 699:", tostring(dial.sipcode)) end
  if not cause and not code then refuse("dial.cause and dial.sipcode are missing") end
  return { cause = cause or "CALL_REJECTED", code = code }
end

-- Returns where the call goes, as the service says.
local function ask()
  local asked = get(describe("request", {
    caller = session:getVariable("caller_id_number"), called = session:getVariable("destination_number"), direction = session:getVariable("direction"),
  }))
  requests = { asked }
  local answer, why = asked:wait(connect + response)
  if not answer then refuse("no answer:", why) end
  if answer.status < 200 or answer.status > 299 then refuse("the status is", answer.status) end

  local said, mistake = answer:json{ lenient = true }
  if said == nil and mistake then refuse("the answer is no JSON:", mistake) end
  if mistake then log("warning", name(), "makes a mistake in its JSON:", mistake) end
  if type(said) ~= "table" or type(said.dial) ~= "table" then refuse("dial is missing") end

  local read = types[tostring(said.dial.type):lower()] or refuse("dial.type is", tostring(said.dial.type))
  local where, caller = read(said.dial), {}
  where.vars = where.vars or {}
  for name, value in pairs(type(said.variables) == "table" and said.variables or {}) do
    value = text("variables." .. name, value)
    where.vars[name] = where.vars[name] or value
    if not name:find("^origination_") and name ~= "absolute_codec_string" then caller[name] = value end
  end
  where.vars.fail_on_single_reject = where.vars.fail_on_single_reject or final
  where.hunt, where.within = true, "app"
  if not where.cause then where.dial = dial(where) end
  for name, value in pairs(caller) do session:setVariable(name, value) end
  return where
end

-- Asks one service after the other, until one has said where the call goes. Returns nil
-- if the caller has hung up.
local function decide()
  local escape, why = require("socket.url").escape, "write settings: {url: ...}"
  for _, url in ipairs{ url or backup, url and backup } do
    service = url:gsub("%${([^}]*)}", function(name) return escape(session:getVariable(name) or "") end)
    local ok, where = pcall(ask)
    if not session:ready() then return end
    if ok then return where end
    why = name() .. ": " .. where
    log("err", why)
  end
  error(why, 0)
end

-- Connects the caller, and returns why nobody was reached.
local function connectTo(what)
  session:setVariable("continue_on_fail", "true")
  session:setVariable("hangup_after_bridge", "true")
  session:onProgress(function(how, event)
    if how == "answer" then answered = os.time() end
    tell(how, { leg = event:getHeader("Unique-ID") })
  end)
  session:execute("bridge", what)
  return session:getVariable("originate_disposition")
end

local where = decide()
if where then
  local cause = where.cause or connectTo(where.dial)
  if where.code then session:execute("respond", tostring(where.code)) end
  if session:ready() then session:hangup(cause) end
end

local cause = session:getVariable("hangup_cause")
if cause then -- else it has moved on
  local known, number = freeswitch.cause(cause)
  local now = os.time()
  tell("hangup", { cause = number, cause_name = known, duration = now - began, billsec = answered and now - answered or 0 })
end

for _, request in ipairs(requests) do -- nobody is on the line any more
  local answer, why = request:wait()
  if not answer or answer.status >= 300 then log("warning", name(), "was not told:", why or answer.status) end
end
