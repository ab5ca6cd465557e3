-- The server reads a line: what it sends, in quotes, and "close" if it closes then. "echo"
-- has it send back all that it gets.
local port = tonumber(argv and argv[1] or (...))
local socket = require("socket")

local function show(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  print(table.concat(t, " | "))
end

local function says(text, close)
  local c = assert(socket.connect("127.0.0.1", port))
  c:send(string.format("%q", text):gsub("\\\n", "\\n"):gsub("\r", "\\r") .. (close and " close" or "") .. "\n")
  return c
end

-- before it is connected
local c = socket.tcp()
show("peer", c:getpeername())
show(pcall(c.receive, c) == false, pcall(c.send, c, "x") == false)
show("settimeout", c:settimeout(1, "b"), c:settimeout(2, "t"), c:gettimeout())
show(pcall(c.settimeout, c, 1, "x") == false)
show(c:settimeout(), c:settimeout(-1), c:gettimeout())

-- lines, counts, prefixes
c = says("hello\r\nab\rcd\nxyz")
c:settimeout(5)
show(c:receive()); show(c:receive("*l")); show(c:receive(2))
c:settimeout(0.05)
show(c:receive("*l")); show(c:receive(5, "pre")); show(c:receive("*a", "pp")); show(c:receive("2"))
c = says("ABCDEFG", true)
show(c:receive(0)); show(c:receive(2, "abcd")); show(c:receive(5, "ab")); show(c:receive(4, "abcd")); show(c:receive("*a", "<"))
show(c:receive("*a")); show(c:receive("*a", "p")); show(c:receive()); show(c:receive(3, "p")); show(c:receive(0))
for _, bad in ipairs{"*x", "l", {}, true} do show(pcall(c.receive, c, bad) == false) end
c:close()

-- a line without an end, and one over several packets
c = says("no end", true)
show(c:receive()); show(c:receive())
c = says(("x"):rep(20000) .. "\nrest", true)
show(#c:receive(), c:receive("*a"))
c = says("", true)
show(c:receive("*a"))

-- a prefix, binary bytes
c = says("a\0b\255\n", true)
show((c:receive()):byte(1, -1))

-- send
c = says("ok\n")
show(c:send("abcdef", 2, 3)); show(c:send("abcdef", -2)); show(c:send("abc", 5)); show(c:send("")); show(c:send(12)); show(c:send("abc", 2, 1)); show(c:send("abc", 0)); show(c:send("abc", 1, 9))
show(pcall(c.send, c) == false, pcall(c.send, c, nil) == false, pcall(c.send, c, {}) == false)
show(c:receive())

-- names, options
show((c:getpeername())); show(select(2, c:getpeername()) == tostring(port) or select(2, c:getpeername()) == port, select(3, c:getpeername()))
show((c:getsockname()), select(3, c:getsockname())); show(c:getfamily())
show(c:setoption("tcp-nodelay", true), c:getoption("tcp-nodelay")); show(c:setoption("keepalive", true), c:getoption("keepalive"))
show(pcall(c.setoption, c, "nope", true) == false)
show(c:connect("127.0.0.1", port))
show(c:dirty())

-- select
local e = assert(socket.connect("127.0.0.1", port))
e:send("echo\n")
local r, w, why = socket.select({e}, {e}, 0)
show(#r, #w, why, w[e], w[1] == e)
r, w, why = socket.select({e}, nil, 0.02); show(#r, #w, why)
r, w, why = socket.select({e, c}, {}, 0.02); show(#r, #w, why)
e:send("ping\npong\n")
r, w, why = socket.select({c, e}, nil, 5); show(#r, #w, why, r[e], r[c], r[1] == e)
show(e:receive(), e:dirty()); show(#socket.select({e}, nil, 0)); show(e:receive())
r, w, why = socket.select(nil, nil, 0.01); show(#r, #w, why)
show(pcall(socket.select, {1}, nil, 0) == false, pcall(socket.select, 1, nil, 0) == false)
show(e:shutdown("send")); show(e:receive("*a")); show(pcall(e.shutdown, e, "x") == false)
r = socket.select({e}, nil, 1); show(#r)

-- closed
show(e:close(), e:close()); show(e:receive()); show(e:send("x")); show(e:getpeername())
show(e:connect("127.0.0.1", port)); show((e:getpeername())); e:close()

-- who is not there
show(socket.connect("127.0.0.1", 1)); show(socket.connect("127.0.0.1", "nope"))
show(socket.tcp():connect("127.0.0.1", 1))

-- without waiting
local n = socket.tcp()
n:settimeout(0)
n:connect("127.0.0.1", port)
show(#select(2, socket.select(nil, {n}, 5)))
show((n:getpeername()))
show(n:receive())

-- try, protect, skip
local try = socket.newtry(function() print("finally") end)
show(try(1, 2, 3))
local f = socket.protect(function(...) try(...); return "ok", 2 end)
show(f(1)); show(f(nil, "bad")); show(f(false, "bad", 3)); show(f(nil))
show((select(2, pcall(socket.protect(function() error("plain", 0) end)))))
show(socket.try("a", nil, 3)); show(pcall(socket.try, nil, "x") == false, type(select(2, pcall(socket.try, nil, "x"))))
show(socket.skip(1, 1, 2, 3)); show(socket.skip(0)); show(socket.skip(5, 1)); show(socket.skip(0, nil, nil))

-- sinks and sources
e = assert(socket.connect("127.0.0.1", port)); e:send("echo\n")
local sink = socket.sink("keep-open", e)
show(sink("0123456789")); show(sink(nil))
local src = socket.source("by-length", e, 4)
show(src()); show(src())
e:shutdown("send")
src = socket.source("until-closed", e)
show(src()); show(src())
e = assert(socket.connect("127.0.0.1", port)); e:send("echo\n")
sink = socket.sink("close-when-done", e)
show(sink("abc")); show(sink(nil)); show(e:receive())
show(pcall(socket.sink, "nope", e) == false)
local ltn12 = require("ltn12")
c = says(("0123456789"):rep(500), true)
local t = {}
show(ltn12.pump.all(socket.source("until-closed", c), (ltn12.sink.table(t)))); show(#t, #table.concat(t))
c = says("abcdef", true); src = socket.source(c); show(src()); show(src())

-- names
show((socket.dns.toip("127.0.0.1"))); show((socket.dns.toip("localhost")))
local _, at = socket.dns.toip("127.0.0.1"); show(at.ip[1], #at.alias, type(at.name))
show(#socket.dns.getaddrinfo("127.0.0.1"), socket.dns.getaddrinfo("127.0.0.1")[1].family, socket.dns.getaddrinfo("127.0.0.1")[1].addr)
show(socket.BLOCKSIZE, socket._VERSION)
