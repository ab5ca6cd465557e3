local url = ...
url._VERSION = "URL 1.0.3"

local function escaped(c) return string.format("%%%02x", c:byte()) end
function url.escape(text) return (text:gsub("([^A-Za-z0-9_])", escaped)) end
function url.unescape(text) return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)) end

-- The characters that a segment of a path may have as they are (RFC 2396).
local allowed = {}
for c in ("-_.!~*'():@&=+$,"):gmatch(".") do allowed[c] = true end
local function segment(text)
  return (text:gsub("([^A-Za-z0-9_])", function(c) return allowed[c] and c or escaped(c):upper() end))
end

-- Takes "." and ".." out of a path.
local function reduce(path)
  local kept, list = {}, {}
  for part in (path .. "/"):gmatch("(.-)/") do list[#list + 1] = part end
  for i, part in ipairs(list) do
    if part == "." then
      if i == #list then kept[#kept + 1] = "" end
    elseif part == ".." and #kept > 0 and kept[#kept] ~= ".." and not (#kept == 1 and kept[1] == "") then
      kept[#kept] = nil
      if i == #list then kept[#kept + 1] = "" end
    elseif part == ".." and #kept == 1 and kept[1] == "" then
      if i == #list then kept[#kept + 1] = "" end
    else
      kept[#kept + 1] = part
    end
  end
  return table.concat(kept, "/")
end

local function merge(base, relative)
  if relative:sub(1, 1) == "/" then return reduce(relative) end
  return reduce((base:gsub("[^/]*$", "")) .. relative)
end

function url.parse(text, default)
  local parts = {}
  for k, v in pairs(default or parts) do parts[k] = v end
  if not text or text == "" then return nil, "invalid url" end
  local function take(pattern, f) text = text:gsub(pattern, function(...) f(...) return "" end) end
  take("#(.*)$", function(s) parts.fragment = s end)
  take("^([%w][%w%+%-%.]*)%:", function(s) parts.scheme = s end)
  take("^//([^/%?]*)", function(s) parts.authority = s end)
  take("%?(.*)", function(s) parts.query = s end)
  take("%;(.*)", function(s) parts.params = s end)
  if text ~= "" then parts.path = text end
  local authority = parts.authority
  if not authority then return parts end
  authority = authority:gsub("^([^@]*)@", function(s) parts.userinfo = s return "" end)
  authority = authority:gsub(":([^:%]]*)$", function(s) parts.port = s return "" end)
  if authority ~= "" then parts.host = authority:match("^%[(.+)%]$") or authority end
  local userinfo = parts.userinfo
  if not userinfo then return parts end
  userinfo = userinfo:gsub(":([^:]*)$", function(s) parts.password = s return "" end)
  parts.user = userinfo
  return parts
end

function url.build(parts)
  local text = parts.path or ""
  if parts.params then text = text .. ";" .. parts.params end
  if parts.query then text = text .. "?" .. parts.query end
  local authority = parts.authority
  if parts.host then
    authority = parts.host
    if authority:find(":") then authority = "[" .. authority .. "]" end
    if parts.port then authority = authority .. ":" .. tostring(parts.port) end
    local userinfo = parts.userinfo
    if parts.user then
      userinfo = parts.user
      if parts.password then userinfo = userinfo .. ":" .. parts.password end
    end
    if userinfo then authority = userinfo .. "@" .. authority end
  end
  if authority then text = "//" .. authority .. text end
  if parts.scheme then text = parts.scheme .. ":" .. text end
  if parts.fragment then text = text .. "#" .. parts.fragment end
  return text
end

function url.absolute(base, relative)
  local from = base
  if type(base) == "table" then base = url.build(from) else from = url.parse(base) end
  local to = url.parse(relative)
  if not from then return relative end
  if not to then return base end
  if to.scheme then return relative end
  to.scheme = from.scheme
  if not to.authority then
    to.authority = from.authority
    if not to.path then
      to.path = from.path
      if not to.params then
        to.params = from.params
        if not to.query then to.query = from.query end
      end
    else
      to.path = merge(from.path or from.authority and "/" or "", to.path)
    end
  end
  return url.build(to)
end

function url.parse_path(path)
  local segments = {}
  path = path or ""
  for part in path:gmatch("([^/]+)") do segments[#segments + 1] = url.unescape(part) end
  if path:sub(1, 1) == "/" then segments.is_absolute = 1 end
  if path:sub(-1) == "/" then segments.is_directory = 1 end
  return segments
end

function url.build_path(segments, unsafe)
  local list = {}
  for i, part in ipairs(segments) do list[i] = unsafe and part or segment(part) end
  local path = table.concat(list, "/")
  if #list > 0 and segments.is_directory then path = path .. "/" end
  if segments.is_absolute then path = "/" .. path end
  return path
end
return url
