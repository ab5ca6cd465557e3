-- What mime, ltn12, socket.url and md5 answer. small.txt is what lua5.1 printed with
-- LuaSocket 3.1 and lua-md5 1.3.
local mime, ltn12, url, md5 = require "mime", require "ltn12", require "socket.url", require "md5"
local function show(...)
  local r = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "string" then
      r[i] = '"' .. v:gsub("[^ -~]", function(c) return string.format("\\%03d", c:byte()) end) .. '"'
    elseif type(v) == "table" then
      local keys = {}
      for k, x in pairs(v) do keys[#keys + 1] = tostring(k) .. "=" .. tostring(x) end
      table.sort(keys)
      r[i] = "{" .. table.concat(keys, ", ") .. "}"
    else
      r[i] = tostring(v)
    end
  end
  return table.concat(r, " ")
end

local texts = {"", "a", "ab", "abc", "abcd", "user:password", "a=b", "tab\tend\t", "line\r\nnext \r\n", " \r", "\r", "\n", "caf\195\169", ("x"):rep(100), "trailing ", "a\r\r\nb", "=41=\r\nb=4", "=zz", "\0\1\127\255"}
for _, text in ipairs(texts) do
  for _, f in ipairs{"b64", "unb64", "qp", "unqp"} do
    print(f, show(text), show(mime[f](text)), show(mime[f](text, "xyz")))
  end
  print("eol", show(text), show(mime.eol(0, text)), show(mime.eol(0, text, "\n")))
  print("wrp", show(text), show(mime.wrp(10, text, 10)), show(mime.qpwrp(10, text, 10)))
end
print(show(mime.b64(nil)), show(mime.b64(nil, "x")), show(mime.wrp(10, nil, 10)), show(mime.wrp(3, nil, 10)), show(mime.qpwrp(3, nil, 10)), show(mime.eol(0, nil)))
texts[#texts] = nil
for _, text in ipairs(texts) do
  print("round", (mime.unb64((mime.b64(text)) or "")) == (text ~= "" and text or nil), show((mime.unqp((mime.qp(text)) or ""))))
end

local function through(f, text, size)
  local out = {}
  local src = ltn12.source.string(text)
  ltn12.BLOCKSIZE = size
  ltn12.pump.all(ltn12.source.chain(src, f), (ltn12.sink.table(out)))
  ltn12.BLOCKSIZE = 2048
  return table.concat(out)
end
for size = 1, 7, 3 do
  print(show(through(mime.encode("base64"), "hello, this is a text", size)), show(through(mime.decode("base64"), "aGVsbG8sIHRleHQ=", size)))
  print(show(through(mime.encode("quoted-printable"), "caf\195\169 = \r\nend ", size)), show(through(mime.decode("quoted-printable"), "caf=C3=A9 =\r\nx", size)))
  print(show(through(ltn12.filter.chain(mime.encode("base64"), mime.wrap("base64", 8)), "hello, this is a text", size)))
  print(show(through(mime.normalize(), "a\nb\r\nc\rd", size)), show(through(mime.wrap(4), "abcdefghijk", size)))
end
local out = {}
print(ltn12.pump.all(ltn12.source.cat(ltn12.source.string("a"), ltn12.source.empty(), ltn12.source.string("b")), (ltn12.sink.table(out))), table.concat(out, "|"))
print(ltn12.pump.all(ltn12.source.error("broken"), ltn12.sink.null()))
print(ltn12.pump.all(ltn12.source.string("x"), ltn12.sink.error("full")))
out = {}
print(ltn12.pump.all(ltn12.source.string("hello"), ltn12.sink.chain(mime.encode("base64"), (ltn12.sink.table(out)))), table.concat(out))
local src = ltn12.source.rewind(ltn12.source.string("z"))
src("back") print(src(), src(), src())
print(pcall(ltn12.pump.all, ltn12.source.file(nil, "no file"), ltn12.sink.null()))
print((pcall(mime.encode, "none")))

for _, text in ipairs{"a b&c", "caf\195\169", "-._~!*'()", "/?#", "100%"} do print(show(url.escape(text)), show(url.unescape(url.escape(text)))) end
print(show(url.unescape("a%20b%2")), show(url.unescape("%41%4g")))
for _, text in ipairs{"http://user:pass@example.com:8080/a/b;p=1?x=1&y=2#frag", "http://example.com", "//host/path", "/path?query", "path", "mailto:a@b.c", "http://[::1]:80/x", "?q", "#f", "http://a@b/", "http://host:/x", "a:b:c", "http://u:p:q@h/"} do
  print(show(url.parse(text)), show(url.build(url.parse(text))))
end
print(show(url.parse("")), show(url.parse("/x", {scheme = "http", host = "h"})))
for _, pair in ipairs{{"http://a/b/c/d;p?q", "g"}, {"http://a/b/c/d;p?q", "./g"}, {"http://a/b/c/d;p?q", "g/"}, {"http://a/b/c/d;p?q", "/g"}, {"http://a/b/c/d;p?q", "//g"}, {"http://a/b/c/d;p?q", "?y"}, {"http://a/b/c/d;p?q", "g?y"}, {"http://a/b/c/d;p?q", "#s"}, {"http://a/b/c/d;p?q", "."}, {"http://a/b/c/d;p?q", "./"}, {"http://a/b/c/d;p?q", ".."}, {"http://a/b/c/d;p?q", "../"}, {"http://a/b/c/d;p?q", "../g"}, {"http://a/b/c/d;p?q", "../../g"}, {"http://a/b/c/d;p?q", "http:g"}, {"http://a", "b"}, {"http://a/b", ""}} do
  print(pair[1], pair[2], show(url.absolute(pair[1], pair[2])))
end
print(show(url.parse_path("/a/b%20c/")), show(url.parse_path("a//b")), show(url.parse_path("")))
print(show(url.build_path{"a", "b c", "d/e", is_absolute = 1, is_directory = 1}), show(url.build_path({"a b", "c"}, 1)), show(url.build_path{"x:@&=+$,-_.!~*'()"}))

for _, text in ipairs{"", "a", "abc", ("x"):rep(1000)} do print(md5.sumhexa(text), show(md5.sum(text))) end
print(show(md5.exor("abc", "xyz")), (pcall(md5.exor, "a", "bc")))
