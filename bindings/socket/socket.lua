local socket = ...
socket.dns = require("socket.dns")

-- What try raises, so that protect knows it from other errors.
local exception = {}

function socket.newtry(finally)
  return function(...)
    if (...) then return ... end
    if finally then pcall(finally) end
    error(setmetatable({(select(2, ...))}, exception), 0)
  end
end

local function unprotected(ok, ...)
  if ok then return ... end
  local why = ...
  if type(why) == "table" and getmetatable(why) == exception then return nil, why[1] end
  error(why, 0)
end

function socket.protect(f)
  return function(...) return unprotected(pcall(f, ...)) end
end

socket.try = socket.newtry()

function socket.skip(count, ...) return select(count + 1, ...) end

function socket.choose(list)
  return function(name, ...)
    if type(name) ~= "string" then return list.default(name, ...) end
    local f = list[name]
    if not f then error("unknown key (" .. name .. ")", 3) end
    return f(...)
  end
end

-- Sinks and sources for ltn12. They are tables that can be called, as LuaSocket's are.
local function callable(sock, call)
  return setmetatable({dirty = function() return sock:dirty() end}, {__call = call})
end

local sinks, sources = {}, {}

sinks["close-when-done"] = function(sock)
  return callable(sock, function(_, chunk)
    if chunk then return sock:send(chunk) end
    sock:close()
    return 1
  end)
end

sinks["keep-open"] = function(sock)
  return callable(sock, function(_, chunk)
    if chunk then return sock:send(chunk) end
    return 1
  end)
end
sinks.default = sinks["keep-open"]

sources["by-length"] = function(sock, length)
  return callable(sock, function()
    if length <= 0 then return nil end
    local chunk, why = sock:receive(math.min(socket.BLOCKSIZE, length))
    if why then return nil, why end
    length = length - #chunk
    return chunk
  end)
end

sources["until-closed"] = function(sock)
  local done
  return callable(sock, function()
    if done then return nil end
    local chunk, why, partial = sock:receive(socket.BLOCKSIZE)
    if not why then return chunk end
    if why ~= "closed" then return nil, why end
    sock:close()
    done = true
    return partial
  end)
end
sources.default = sources["until-closed"]

socket.sinkt, socket.sourcet = sinks, sources
socket.sink, socket.source = socket.choose(sinks), socket.choose(sources)

return socket
