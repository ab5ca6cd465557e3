local http = ...
local ask = http.request -- of Go: asks once, without a redirect
local socket, ltn12, url = require("socket"), require("ltn12"), require("socket.url")
local b64 = require("mime").b64

http.TIMEOUT = 60
local secure = http.PORT ~= nil -- this is ssl.https
local ports = {http = 80, https = 443}
local mostRedirects = 5
local mostSent = 2 ^ 20

if secure then
  http._VERSION = "1.2.0"
else
  http.USERAGENT = socket._VERSION
end

-- The parts of a URL, over which those in the table go.
local function parts(request)
  local p = request.url and url.parse(request.url, {path = "/", scheme = "http"}) or {}
  for k, v in pairs(request) do p[k] = v end
  p.scheme = secure and "https" or p.scheme or "http"
  return p
end

local function headers(p)
  local all = {["user-agent"] = http.USERAGENT or socket._VERSION}
  if p.user and p.password then
    all.authorization = "Basic " .. b64(p.user .. ":" .. url.unescape(p.password))
  end
  for k, v in pairs(p.headers or {}) do all[k:lower()] = tostring(v) end
  return all
end

local function address(p)
  local host, port = p.host, p.port
  if host:find(":", 1, true) then host = "[" .. host .. "]" end
  if port and port ~= "" and tonumber(port) ~= ports[p.scheme] then host = host .. ":" .. port end
  local path = p.uri or url.build{path = p.path or "/", params = p.params, query = p.query}
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  return p.scheme .. "://" .. host .. path
end

local function moves(request, p, code, location)
  if not location or request.redirect == false or p.source then return false end
  local scheme = url.parse(location).scheme
  if scheme and not ports[scheme] or p.scheme == "https" and scheme ~= "https" then return false end
  return (code == 301 or code == 302 or code == 303 or code == 307) and (not request.method or request.method == "GET" or request.method == "HEAD")
end

local function perform(request, body)
  local redirects, location = 0
  while true do
    local p = parts(request)
    if p.scheme ~= "http" and p.scheme ~= "https" then
      error("http: " .. tostring(p.scheme) .. " is not supported; write http:// or https://", 3)
    end
    if not p.host or p.host == "" then return nil, "invalid host '" .. tostring(p.host) .. "'" end
    if p.proxy or http.PROXY then
      error("http: no proxy is asked; leave proxy and PROXY out, and grant the host itself (grants: hosts:)", 3)
    end
    if p.create then
      error("http: create is not supported: eslua makes the connection; for TLS write https:// or require(\"ssl.https\")", 3)
    end
    if p.source then
      local chunks = {}
      local ok, why = ltn12.pump.all(p.source, (ltn12.sink.table(chunks)), p.step)
      if not ok then return nil, why end
      body = table.concat(chunks)
    end
    local code, got, status, text = ask{
      method = p.method ~= "" and p.method or nil, url = address(p), headers = headers(p), body = body, timeout = http.TIMEOUT,
    }
    if not code then return nil, got end
    if redirects < (request.maxredirects or mostRedirects) and moves(request, p, code, got.location) then
      local here = url.build{scheme = p.scheme, host = p.host, port = p.port, path = p.path, query = p.query}
      local there = url.absolute(here, (got.location:gsub("%s", "")))
      local q = url.parse(there)
      local same = q.scheme == p.scheme and q.host == p.host and tonumber(q.port or ports[q.scheme]) == tonumber(p.port or ports[p.scheme])
      request = {
        url = there, sink = request.sink, step = request.step, maxredirects = request.maxredirects,
        headers = same and request.headers or nil, -- to another server goes nothing that was said to the first
        method = request.method == "HEAD" and "HEAD" or nil,
      }
      redirects, location = redirects + 1, location or got.location
    else
      local sink = request.sink or ltn12.sink.null()
      if text then
        local ok, why = ltn12.pump.all(ltn12.source.string(text), sink, request.step)
        if not ok then return nil, why end
      end
      got.location = got.location or location -- as LuaSocket says that it was redirected
      return 1, code, got, status
    end
  end
end

function http.request(request, body)
  if type(request) == "table" then
    if secure and request.redirect then return nil, "redirect not supported" end
    local ok, code, got, status = perform(request)
    if not ok then return nil, code end
    return ok, code, got, status
  end
  if type(request) ~= "string" then error("request: write a URL or a table, not a " .. type(request), 2) end
  local chunks = {}
  local form = {url = request, sink = (ltn12.sink.table(chunks))}
  if body then
    if #body > mostSent then
      error("request: the body holds " .. #body .. " bytes, and at most " .. mostSent .. " are possible", 2)
    end
    form.method = "POST"
    form.headers = {["content-type"] = "application/x-www-form-urlencoded"}
  end
  local ok, code, got, status = perform(form, body)
  if not ok then return nil, code end
  return table.concat(chunks), code, got, status
end

return http
