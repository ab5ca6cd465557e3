-- The server sends a datagram back as it is; to "twice" two, to "long" 9,000 bytes, to
-- "empty" one without a byte, and nothing to "quiet".
local port = tonumber(argv and argv[1] or (...))
local socket = require("socket")

local function show(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  print(table.concat(t, " | "))
end
local function refuses(...) show((pcall(...))) end

show(socket._DATAGRAMSIZE)

-- not connected
local u = assert(socket.udp())
show(u:getfamily(), u:gettimeout())
show(u:settimeout(5))
show(u:sendto("hello", "127.0.0.1", port))
show(u:receivefrom())
show(u:sendto("twice", "127.0.0.1", port)); show(u:receive()); show(u:receive(3))
show(u:sendto("empty", "127.0.0.1", tostring(port))); show(u:receive())
show(u:sendto("", "127.0.0.1", port)); show(u:receivefrom())
show(u:sendto("long", "127.0.0.1", port)); show(#u:receive())
show(u:sendto("long", "127.0.0.1", port)); show(#u:receive(20000))
show(u:sendto(12, "127.0.0.1", port)); show((u:receivefrom(1)))
show(u:sendto("abc\0def", "127.0.0.1", port)); show(#u:receive())
show((u:getsockname()), select(3, u:getsockname()))
refuses(u.send, u, "x"); refuses(u.getpeername, u); refuses(u.sendto, u, "x"); refuses(u.sendto, u, "x", "127.0.0.1"); refuses(u.sendto, u, nil, "127.0.0.1", port)
refuses(u.sendto, u, {}, "127.0.0.1", port); refuses(u.receive, u, "x"); refuses(u.setpeername, u, "127.0.0.1");
show(u:sendto("x", "127.0.0.1", "nope"))
show(u:setpeername("127.0.0.1", "nope"))
show(u:setpeername("*"))
show(u:sendto(("x"):rep(70000), "127.0.0.1", port))

-- time-outs
u:settimeout(0.05)
show(u:sendto("quiet", "127.0.0.1", port)); show(u:receive()); show(u:receivefrom())
u:settimeout(0)
show(u:receive()); show(u:receivefrom(100))
show(u:settimeout(0.02, "t"), u:gettimeout())
show(u:receive()); refuses(u.settimeout, u, 1, "x")
show(u:dirty())

-- connected
show(u:settimeout(5), u:settimeout(-1, "t"))
show(u:setpeername("127.0.0.1", port))
show(u:getfamily())
show((u:getpeername()), tostring((select(2, u:getpeername()))) == tostring(port), (select(3, u:getpeername())))
show((u:getsockname()))
show(u:send("hello")); show(u:receive())
show(u:send("twice")); show(u:receive()); show(u:receive())
show(u:send("empty")); show(u:receive())
show(u:send(("y"):rep(70000)))
refuses(u.sendto, u, "x", "127.0.0.1", port); refuses(u.receivefrom, u); refuses(u.setsockname, u, "*", 0)
refuses(u.send, u); refuses(u.send, u, {})
show(u:send("a")); u:settimeout(5); show(u:receive(0)); u:settimeout(0.05)
show(u:send("b")); show(u:receive())
show(u:setpeername("*"))
show(u:sendto("again", "127.0.0.1", port)); u:settimeout(5); show((u:receivefrom()))
show(u:setpeername("*", 0))

-- options
for _, option in ipairs{"broadcast", "reuseaddr", "reuseport", "dontroute"} do show(option, u:setoption(option, true), u:getoption(option)) end
refuses(u.setoption, u, "nope", true); refuses(u.setoption, u, "tcp-nodelay", true); refuses(u.getoption, u, "nope"); refuses(u.setoption, u)
show(u:close()); show(u:close())
show(u:sendto("x", "127.0.0.1", port)); show(u:receive()); show(u:setpeername("127.0.0.1", port))

-- who does not listen
local nobody = assert(socket.udp())
nobody:settimeout(1)
show(nobody:setpeername("127.0.0.1", 1))
show(nobody:send("x")); show(nobody:receive()); show(nobody:send("x")); show(nobody:receive())
nobody:close()

-- others
show(socket.udp4():getfamily(), socket.udp6():getfamily())
local v4 = socket.udp4()
show(v4:getsockname()); show(v4:setsockname("*", 0)); show((v4:getsockname())); show(tonumber((select(2, v4:getsockname()))) > 0)
show(v4:setpeername("localhost", port)); v4:settimeout(5); show(v4:send("by name")); show(v4:receive())
local a, b = socket.udp4(), socket.udp4()
a:settimeout(5)
a:setpeername("127.0.0.1", port); b:setpeername("127.0.0.1", port)
b:send("ready")
local readable = socket.select({a, b}, nil, 5)
show(#readable, readable[1] == b, readable[b], readable[a]); show(b:receive())
show(select(3, socket.select({a, b}, nil, 0.02)))
local _, writable = socket.select(nil, {a, b}, 5)
show(#writable)
