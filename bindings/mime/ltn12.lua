local ltn12 = ...
local filter, source, sink, pump = {}, {}, {}, {}
ltn12.filter, ltn12.source, ltn12.sink, ltn12.pump = filter, source, sink, pump

-- A filter made of a function that keeps a state between its calls.
function filter.cycle(low, state, extra)
  return function(chunk)
    local out
    if extra == nil then
      out, state = low(state, chunk)
    else
      out, state = low(state, chunk, extra)
    end
    return out
  end
end

-- Each chunk goes through all filters; at the end each of them is asked for what it has
-- left, the first one first.
function filter.chain(...)
  local filters = {...}
  local ending = 0 -- how many filters have given all
  return function(chunk)
    if chunk ~= nil then
      for _, f in ipairs(filters) do chunk = f(chunk) end
      return chunk
    end
    while ending < #filters do
      local out = filters[ending + 1](nil)
      if out == nil then
        ending = ending + 1
      else
        for i = ending + 2, #filters do out = filters[i](out) end
        if out ~= "" then return out end
      end
    end
  end
end

function source.empty() return function() end end
function source.error(message) return function() return nil, message end end

function source.file(file, message)
  if not file then return source.error(message or "unable to open file") end
  return function()
    local chunk = file:read(ltn12.BLOCKSIZE)
    if not chunk then file:close() end
    return chunk
  end
end

function source.string(text)
  if not text then return source.empty() end
  local at = 1
  return function()
    local chunk = text:sub(at, at + ltn12.BLOCKSIZE - 1)
    at = at + ltn12.BLOCKSIZE
    if chunk ~= "" then return chunk end
  end
end

function source.table(list)
  local i = 0
  return function() i = i + 1 return list[i] end
end

function source.simplify(src)
  return function()
    local chunk, other = src()
    src = other or src
    if not chunk then return nil, other end
    return chunk
  end
end

function source.rewind(src)
  local back = {}
  return function(chunk)
    if chunk then back[#back + 1] = chunk return 1 end
    return table.remove(back) or src()
  end
end

function source.chain(src, f, ...)
  if select("#", ...) > 0 then f = filter.chain(f, ...) end
  local done = false
  return function()
    while not done do
      local chunk, why = src()
      if why then return nil, why end
      done = chunk == nil
      local out = f(chunk)
      if out and out ~= "" then done = false if chunk == nil then src = source.empty() end return out end
    end
  end
end

function source.cat(...)
  local sources = {...}
  local src = table.remove(sources, 1)
  return function()
    while src do
      local chunk, why = src()
      if chunk then return chunk end
      if why then return nil, why end
      src = table.remove(sources, 1)
    end
  end
end

function sink.table(list)
  list = list or {}
  return function(chunk)
    if chunk then list[#list + 1] = chunk end
    return 1
  end, list
end

function sink.null() return function() return 1 end end
function sink.error(message) return function() return nil, message end end

function sink.file(file, message)
  if not file then return sink.error(message or "unable to open file") end
  return function(chunk)
    if chunk then return file:write(chunk) end
    file:close()
    return 1
  end
end

function sink.simplify(snk)
  return function(chunk, why)
    local ok, other = snk(chunk, why)
    if not ok then return nil, other end
    snk = other or snk
    return 1
  end
end

function sink.chain(f, snk, ...)
  if select("#", ...) > 0 then
    local all = {f, snk, ...}
    snk = table.remove(all)
    f = filter.chain(unpack(all))
  end
  return function(chunk, why)
    if chunk == "" then return 1 end
    local out = f(chunk)
    if chunk ~= nil then return snk(out, why) end
    while out do
      local ok, wrong = snk(out, why)
      if not ok then return nil, wrong end
      out = f(nil)
    end
    return snk(nil, why)
  end
end

function pump.step(src, snk)
  local chunk, why = src()
  local ok, wrong = snk(chunk, why)
  if chunk and ok then return 1 end
  return nil, why or wrong
end

function pump.all(src, snk, step)
  step = step or pump.step
  while true do
    local ok, why = step(src, snk)
    if not ok then
      if why then return nil, why end
      return 1
    end
  end
end
return ltn12
