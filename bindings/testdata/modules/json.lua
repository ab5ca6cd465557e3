-- What cjson, cjson.safe, dkjson, lunajson and json answer. json.txt is what lua5.1
-- printed with lua-cjson 2.1.0, dkjson 2.6, lunajson 1.2.3 and rxi's json.lua 0.1.2.
local nulls = {}
local function show(v, seen)
  if nulls[v] then return nulls[v] end
  if type(v) == "string" then return string.format("%q", v) end
  if type(v) ~= "table" then return tostring(v) end
  local keys = {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, k in ipairs(keys) do keys[i] = "[" .. show(k) .. "]=" .. show(v[k]) end
  local meta = getmetatable(v)
  return "{" .. table.concat(keys, ", ") .. "}" .. (meta and meta.__jsontype and meta.__jsontype:sub(1, 1) or "")
end
local function try(f, ...)
  local r = {pcall(f, ...)}
  if not r[1] then return "error" end
  local n = select("#", ...) -- results are at most three
  for i = 2, 4 do r[i] = show(r[i]) end
  return table.concat(r, " ", 2, 4)
end
local function says(f, ...)
  local function call(...) local v = f(...) return show(v) end
  return select(2, pcall(call, ...))
end
local libraries = {}
for _, name in ipairs{"cjson", "cjson.safe", "dkjson", "lunajson", "json"} do
  libraries[#libraries + 1] = {name = name, lib = require(name)}
  local null = require(name).null
  if null then nulls[null] = "NULL" end
end

local texts = {
  '{}', '[]', '[1,2,3]', ' [ 1 , "two" ,true, false,null ] ', '{"a":{"b":[{"c":null}]}}', '"x"', '12', '-1.5e+3', '0.1', 'true', 'null',
  '{"a":1,"a":2}', '[[],[[]],{}]', '"\\u0041\\u00e9\\u20ac\\ud83d\\ude00"', '"a\\"b\\\\c\\/d\\b\\f\\n\\r\\t"', '"\\u0000"', '{"":1}', '[1e308,1e-308]',
  '123456789012345678901234567890', '"\195\169"', '[null,null,1]', '{"1":"x"}', '\t\r\n1\n',
}
local broken = { '', ' ', '[', '{', '[1', '[1,', '{"a"', '{"a":', '{"a":1', '{"a":1,', '"x', '"\\', '"\\u12', 'tru', 'nul', '-', '{a:1}', '[}', ']', '}', ':', ',' , "'x'", '@' }
for _, l in ipairs(libraries) do
  for _, text in ipairs(texts) do print(l.name, "decode", text, (try(l.lib.decode, text):gsub(" %d+ nil$", ""))) end
  for _, text in ipairs(broken) do
    local ok, v = pcall(l.lib.decode, text)
    print(l.name, "decode", text, ok and show(v) or "error")
  end
end

local values = {
  {}, {1, 2, 3}, {a = 1}, {{}, {{}}}, "x", "", 1, -1.5, 0.1, 1e15, 2^53, 1e100, 123456789.123, true, false, {a = {b = {c = true}}}, {[1] = "x"},
  "a\"b\\c/d", "\b\f\n\r\t\1\17", "\195\169\240\159\152\128", {["k\"ey"] = "v"}, {1, {2, {3}}}, {"a", {b = "c"}}, "\127",
}
for _, l in ipairs(libraries) do
  for i, v in ipairs(values) do print(l.name, "encode", i, try(l.lib.encode, v)) end
  for i, v in ipairs{print, {print}, {[true] = 1}, {[{}] = 1}} do print(l.name, "encode wrong", i, try(l.lib.encode, v)) end
  local loop = {} loop[1] = loop
  print(l.name, "encode a loop", try(l.lib.encode, loop))
  print(l.name, "round", show(l.lib.decode(l.lib.encode({a = {1, 2, {b = "c"}}, d = "e"}))))
end

local cjson, safe, dkjson, lunajson = require "cjson", require "cjson.safe", require "dkjson", require "lunajson"
print("cjson", cjson.null == safe.null, cjson.encode(cjson.null), cjson.encode{cjson.null}, cjson.decode("null") == cjson.null)
print("cjson sparse", says(cjson.encode, {[1] = 1, [100] = 2}))
print("cjson holes", cjson.encode{1, nil, 3})
print("cjson numbers", try(cjson.encode, 1/0), try(cjson.encode, 0/0), try(cjson.decode, "[NaN,-Infinity,0x10]"))
for _, text in ipairs(broken) do print("cjson says", text, says(cjson.decode, text)) print("safe says", text, safe.decode(text)) end
for _, text in ipairs{'[1]x', '{"a":1}}', '1 2', '{"a":1 "b":2}', '[1 2]', '{"a" 1}', '["\\x"]', '["\\ud800"]', '["\\udc00"]', '[tru]', '[-]', '[1,]', '{"a":1,}'} do
  print("cjson says", text, says(cjson.decode, text)) print("safe says", text, safe.decode(text))
end
for _, v in ipairs{print, {print}, {[true] = 1}, 1/0, {[1] = 1, [100] = 2}} do print("cjson says", says(cjson.encode, v)) print("safe says", safe.encode(v)) end
print("cjson", says(cjson.decode, ("["):rep(1001) .. ("]"):rep(1001)), (pcall(cjson.decode, ("["):rep(1000) .. ("]"):rep(1000))))
local deep = {} for _ = 1, 1000 do deep = {deep} end
print("cjson", says(cjson.encode, deep))
print("cjson settings", cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), cjson.encode_number_precision(3), cjson.encode(1 / 3), cjson.encode_number_precision(14))
print("cjson settings", cjson.decode_max_depth(2), says(cjson.decode, "[[[1]]]"))
cjson.decode_max_depth(1000)
cjson.encode_sparse_array(true)
print("cjson sparse", cjson.encode{[100] = 2})
cjson.encode_invalid_numbers("null")
print("cjson invalid", cjson.encode{1/0, 0/0})

print("dkjson", dkjson.encode({1, {a = {2, 3}}, {}}, {indent = true}))
print("dkjson", dkjson.encode({c = 1, b = 2, a = 3}, {keyorder = {"a", "b", "c"}}), dkjson.encode({}, {indent = true}))
print("dkjson", dkjson.encode(setmetatable({}, {__jsontype = "object"})), dkjson.encode(setmetatable({b = 1, a = 2}, {__jsonorder = {"b", "a"}})))
print("dkjson", dkjson.encode{dkjson.null, setmetatable({}, {__tojson = function() return '"mine"' end})}, dkjson.encode{n = 3, 1}, dkjson.encode{1/0, 0/0})
print("dkjson", dkjson.quotestring("\226\128\168\194\173\239\187\191\216\128x\195\169"), dkjson.encode(nil))
print("dkjson", try(dkjson.decode, "[1] rest"))
print("dkjson", try(dkjson.decode, "x [1] rest", 3))
print("dkjson", show(dkjson.decode("/* a */ [1, // b\n null] ", 1, "none")), show(dkjson.decode("{}", 1, nil, nil)))
print("dkjson", dkjson.encode(dkjson.decode('{"a":{},"b":[]}'), {keyorder = {"a", "b"}}))
for _, text in ipairs(broken) do local v, at, why = dkjson.decode(text) print("dkjson says", text, v, why and "why") end

print("lunajson", lunajson.encode({1, nil, 3}), lunajson.encode{[0] = 3, 1, nil, 3}, lunajson.encode({1, "none"}, "none"))
print("lunajson", show(lunajson.decode("[1,null,3]", nil, "none", true)))
print("lunajson", lunajson.decode('{"a":1} rest', 1) and select(2, lunajson.decode('{"a":1} rest', 1)), lunajson.decode("x 12 y", 3))
