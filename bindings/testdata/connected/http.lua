local port = argv and argv[1] or (...)
local http, ltn12 = require("socket.http"), require("ltn12")
local base = "http://127.0.0.1:" .. port

local function show(...)
  local t = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "table" then
      local names = {}
      for k, w in pairs(v) do
        if k ~= "connection" and k ~= "date" and k ~= "transfer-encoding" then names[#names + 1] = k .. "=" .. w end
      end
      table.sort(names)
      v = "{" .. table.concat(names, ", ") .. "}"
    end
    t[i] = tostring(v)
  end
  print(table.concat(t, " | "))
end

-- a URL
show(http.request(base)); show(http.request(base .. "/a/b?c=d&e=f%20g")); show(http.request(base .. "/;p"))
show(http.request(base .. "/post", "a=b&c=d")); show(http.request(base .. "/post", ""))
show(http.request("http://u:p%40@127.0.0.1:" .. port .. "/auth"))
show(http.request(base .. "/empty")); show(http.request(base .. "/missing")); show(http.request(base .. "/two"))
local text, code = http.request(base .. "/chunked"); show(#text, code)

-- a table
local function ask(request)
  local chunks = {}
  request.sink = request.sink or (ltn12.sink.table(chunks))
  local ok, code, headers, status = http.request(request)
  show(ok, code, headers, status, table.concat(chunks))
end
ask{url = base .. "/x"}
ask{url = base .. "/x", method = "POST", source = ltn12.source.string("hello"), headers = {["Content-Length"] = 5, ["X-A"] = "b", ["content-type"] = "text/plain"}}
ask{url = base .. "/x", method = "PUT", source = ltn12.source.string("hello"), headers = {["x-a"] = "c"}}
ask{url = base .. "/x", method = "DELETE"}
ask{url = base .. "/x", method = "HEAD"}
ask{url = base .. "/x", method = ""}
ask{scheme = "http", host = "127.0.0.1", port = port, path = "/parts", query = "q=1"}
ask{url = base .. "/x", path = "/other"}
ask{url = base .. "/x", uri = "/uri?z"}
ask{url = base .. "/x", user = "me", password = "secret"}
ask{url = base .. "/x", headers = {Authorization = "Basic bWU6c2VjcmV0", ["User-Agent"] = "mine", host = "other.example"}}
show(http.request{url = base .. "/x"})
local n = 0
ask{url = base .. "/chunked", sink = function(chunk) if chunk then n = n + #chunk end return 1 end}
show(n)
ask{url = base .. "/x", sink = function() return nil, "full" end}
ask{url = base .. "/x", method = "POST", source = function() return nil, "empty" end, headers = {["content-length"] = 5}}
ask{url = base .. "/x", sink = ltn12.sink.chain(function(c) return c and c:upper() end, print and function(c) if c and c ~= "" then print(c) end return 1 end)}

-- redirects
for _, code in ipairs{301, 302, 303, 307, 308} do show(http.request(base .. "/to/" .. code .. "?q")) end
ask{url = base .. "/to/302", redirect = false}
ask{url = base .. "/to/302", method = "POST", source = ltn12.source.string("x"), headers = {["content-length"] = 1}}
ask{url = base .. "/to/302", method = "DELETE"}
ask{url = base .. "/to/302", headers = {["x-a"] = "kept"}}
show(http.request(base .. "/loop")); show(http.request(base .. "/ftp"))
ask{url = base .. "/loop", maxredirects = 1}

-- what fails
show(http.request("http://127.0.0.1:1/")); show(http.request(base .. "/cut")); show(http.request{url = base .. "/cut"})
show(pcall(http.request) == false, pcall(http.request, 5) == false)
http.USERAGENT = "agent 7"
show(http.request(base .. "/agent"))
http.TIMEOUT = 5
show(http.request(base .. "/timeout"))
show(http.PORT, http.PROXY)
