print(table.concat({1, 2, 3}), table.concat({1, 2, 3}, ", "), table.concat({"a", 1.5, "b"}, "-"), table.concat({}), table.concat({"x"}, "sep"))

print(table.concat({1, 2, 3}, ",", 2), table.concat({1, 2, 3}, ",", 2, 3), table.concat({1, 2, 3}, ",", 3, 2), table.concat({1, 2, 3}, ",", 1, 1), table.concat({1, 2, 3}, 0))

print(pcall(table.concat, {1, {}, 3})) print(pcall(table.concat, {1, nil, 3}, ",", 1, 3)) print(pcall(table.concat, {}, "", 1, 1)) print(pcall(table.concat, {true})) print(pcall(table.concat, {1}, ",", 0, 1))

print(pcall(table.concat)) print(pcall(table.concat, 1)) print(pcall(table.concat, {}, {})) print(pcall(table.concat, {}, "", "x")) print(table.concat({1, 2, 3}, ",", "2", "3"))

print(table.concat({[0] = "z", "a", "b"}, ",", 0, 2)) print(table.concat({[-1] = "m", [0] = "z", "a"}, ",", -1, 1)) print(#table.concat({("x"):rep(1000), ("y"):rep(1000)}, ("z"):rep(10)))

local t = {} for i = 1, 100 do t[i] = i end print(table.concat(t, " "))

local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) table.insert(t, 3, "x") print(table.concat(t, ","))

local t = {} table.insert(t, "a") table.insert(t, 1, "b") table.insert(t, #t + 1, "c") print(table.concat(t, ","), #t)

local t = {1, 2} table.insert(t, 0, "zero") print(t[0], t[1], t[2], t[3])

local t = {1, 2} table.insert(t, "2", "s") print(table.concat(t, ",")) local t = {} table.insert(t, nil) print(#t) local t = {1} table.insert(t, 1, nil) print(t[1], t[2])

print(pcall(table.insert)) print(pcall(table.insert, {})) print(pcall(table.insert, {}, 1, 2, 3)) print(pcall(table.insert, 1, 2)) print(pcall(table.insert, {}, "x", 2)) print(pcall(table.insert, nil, 1)) print(pcall(table.insert, {}, {}, 1))

local t = {1, 2, 3} print(table.remove(t), table.remove(t, 1), #t, t[1]) print(table.remove(t), table.remove(t), #t)

local t = {1, 2, 3, 4} print(table.remove(t, 2), table.concat(t, ","), table.remove(t, 10), table.remove(t, 0), table.remove(t, -1), #t)

print(select("#", table.remove({}))) print(select("#", table.remove({}, 1))) print(select("#", table.remove({1}, 5))) print(select("#", table.remove({1}))) print(table.remove({1, 2, 3}, "2"))

print(pcall(table.remove)) print(pcall(table.remove, 1)) print(pcall(table.remove, {1}, "x")) print(pcall(table.remove, {1}, {}))

local t = {n = 1, 10, 20} print(table.remove(t), t.n, #t)

local q = {} for i = 1, 5 do table.insert(q, i) end local s = "" while #q > 0 do s = s .. table.remove(q, 1) end print(s)

local t = {3, 1, 2} table.sort(t) print(table.concat(t, ",")) table.sort(t, function(a, b) return a > b end) print(table.concat(t, ","))

local t = {"banana", "apple", "Cherry", "", "10", "9"} table.sort(t) print(table.concat(t, ",")) local t = {} table.sort(t) print(#t) local t = {1} table.sort(t) print(t[1])

local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t) local ok = true for i = 2, #t do ok = ok and t[i - 1] <= t[i] end print(ok)

local t = {} for i = 1, 50 do t[i] = {k = i % 7, i = i} end table.sort(t, function(a, b) return a.k < b.k end) local s = "" for i, v in ipairs(t) do s = s .. v.k .. ":" .. v.i .. " " end print(s)

local t = {} for i = 1, 30 do t[i] = (i * 37) % 31 end local n = 0 table.sort(t, function(a, b) n = n + 1 return a < b end) print(n, table.concat(t, " "))

print(pcall(table.sort, {3, 1, "x"})) print(pcall(table.sort, {{}, {}})) print(pcall(table.sort, {1, {}, 3})) print(pcall(table.sort, {true, false})) print(pcall(table.sort, {print, print}))

print(pcall(table.sort, {3, 1, 2, 5, 4}, function(a, b) return true end)) local t = {} for i = 1, 100 do t[i] = i end print(pcall(table.sort, t, function() return true end))

print(pcall(table.sort, {1, 2, 3}, function() error("boom", 0) end)) print(pcall(table.sort)) print(pcall(table.sort, 1)) print(pcall(table.sort, {}, 1)) print(pcall(table.sort, {1, 2}, {}))

local mt = {__lt = function(a, b) return a.v < b.v end} local t = {} for i, v in ipairs{3, 1, 2} do t[i] = setmetatable({v = v}, mt) end table.sort(t) print(t[1].v, t[2].v, t[3].v)

local t = {5, 3, nil} table.sort(t) print(t[1], t[2]) local t = {1, 2, 3} table.sort(t, nil) print(table.concat(t, ","))

local t = {2.5, 1, -1, 1e10, 0.5} table.sort(t) print(table.concat(t, ",")) local t = {1/0, -1/0, 0} table.sort(t) print(table.concat(t, ","))

print(table.getn({1, 2, 3}), table.getn({}), pcall(table.getn)) print(pcall(table.setn, {}, 1)) print(pcall(table.setn, 1))

print(table.maxn({}), table.maxn({1, 2, 3}), table.maxn({[10] = 1}), table.maxn({1, [100.5] = 1}), table.maxn({a = 1}), table.maxn({[-1] = 1}), table.maxn({1, 2, nil, 4}), pcall(table.maxn))

table.foreach({10, 20}, print) print(table.foreach({10, 20, 30}, function(i, v) if v == 20 then return i end end)) table.foreach({a = 1}, print) print(pcall(table.foreach, {}, 1)) print(pcall(table.foreach, 1, print)) print(select("#", table.foreach({}, print)))

table.foreachi({10, 20, x = 1}, print) print(table.foreachi({10, 20}, function(i, v) return v end)) print(pcall(table.foreachi)) print(pcall(table.foreachi, {}))

print(unpack({1, 2, 3})) print(unpack({1, 2, 3}, 2)) print(unpack({1, 2, 3}, 2, 3)) print(unpack({1, 2}, 1, 4)) print(unpack({}, 1, 0)) print(unpack({}, 3, 1)) print((unpack({1, 2, 3}))) print(unpack({}, -1, 1))

print(pcall(unpack)) print(pcall(unpack, 1)) print(pcall(unpack, {}, "x")) print(pcall(unpack, {}, 1, 1e8)) print(pcall(unpack, {}, 1, 1e6)) print(unpack({1, 2, 3}, "2", "3")) print(select("#", unpack({}, 1, 7000)))

print(#{1, 2, 3}, #{}, #{n = 1}, #{1, 2, nil}, #"abc") local t = {} t[1] = 1 t[2] = 2 t[4] = 4 print(#t == 2 or #t == 4)

local t = {} for i = 1, 10 do t[i] = i end for i = 10, 6, -1 do t[i] = nil end print(#t) t[#t + 1] = "x" print(#t, t[6])

local t = {10, 20, 30, nil, 50} print(select("#", unpack(t, 1, 5))) local t = {f = function() return 1, 2 end} print(#{t.f(), t.f()}, #{(t.f())})

local t = {1, 2, 3, x = 1, [1.5] = 2, [-1] = 3, [true] = 4} local n = 0 for k in pairs(t) do n = n + 1 end print(n) for i, v in ipairs(t) do print(i, v) end

local t = {} for i = 1, 10 do t["k" .. i] = i end for k in pairs(t) do t[k] = nil end print(next(t)) local s = 0 for i = 1, 10 do t[i] = i end for k, v in pairs(t) do s = s + v t[k] = nil end print(s, next(t), #t)

local t = {1, 2, 3, a = 4} local n = 0 for k in pairs(t) do n = n + 1 table.remove(t) end print(n >= 2, t.a)

print(next({})) print(next({1})) print(next({1}, 1)) print(next({a = 1})) print(next({a = 1}, "a")) print(pcall(next, {}, 1)) print(pcall(next, {1}, 5)) print(pcall(next, {a = 1}, "zz")) print(pcall(next)) print(pcall(next, 1)) print(pcall(next, {}, {}))

print(pcall(pairs)) print(pcall(pairs, nil)) print(pcall(pairs, 1)) print(pcall(ipairs)) print(pcall(ipairs, nil)) print(pcall(ipairs, "x")) print(select("#", pairs({})), select("#", ipairs({})), pairs({}) == next)

local f, t, i = ipairs({10, 20}) print(f(t, i)) print(f(t, 1)) print(f(t, 2)) print(type(f), type(t), i) local f, t, k = pairs({5}) print(f == next, k, f(t, k))

for i, v in ipairs({1, 2, nil, 4}) do print(i, v) end for k, v in next, {7} do print(k, v) end for k, v in pairs(setmetatable({}, {__index = {1, 2}})) do print(k) end

print(rawget({a = 1}, "a"), rawget({}, 1), rawget(setmetatable({}, {__index = {x = 1}}), "x")) print(pcall(rawget)) print(pcall(rawget, 1, 1)) print(pcall(rawget, {}))

local t = setmetatable({}, {__newindex = error}) print(rawset(t, "a", 1) == t, t.a) print(pcall(rawset, {})) print(pcall(rawset, {}, 1)) print(pcall(rawset, {}, nil, 1)) print(pcall(rawset, {}, 0/0, 1)) print(pcall(rawset, 1, 1, 1)) local t = {1, 2} rawset(t, 2, nil) print(#t, rawset(t, 1.5, "x")[1.5])

print(rawequal(1, 1), rawequal("a", "a"), rawequal({}, {}), rawequal(1, "1"), rawequal(nil, false), rawequal(print, print)) print(pcall(rawequal)) print(pcall(rawequal, 1))

print(pcall(function() local t = {} t[nil] = 1 end)) print(pcall(function() local t = {} t[0/0] = 1 end)) print(({})[nil], ({})[0/0]) print(pcall(function() return {[nil] = 1} end))

local t = {} t[1] = "a" t["1"] = "b" t[1.0] = "c" print(t[1], t["1"], #t) t[2^53] = "big" print(t[2^53]) t[-0] = "zero" print(t[0], t[-0])
