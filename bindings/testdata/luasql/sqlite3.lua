local path = argv and argv[1] or (...)
local driver = require("luasql.sqlite3")

local function show(...)
  local t = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "table" then
      local n = {}
      for k, w in pairs(v) do n[#n + 1] = tostring(k) .. "=" .. tostring(w) .. "(" .. type(w) .. ")" end
      table.sort(n)
      v = "{" .. table.concat(n, ",") .. "}"
    end
    t[i] = tostring(v)
  end
  print(table.concat(t, " | "))
end

local env = driver.sqlite3()
local con = assert(env:connect(path))
show("create", con:execute("create table t(a integer, b varchar(20), c real, d blob)"))
show("insert", con:execute("insert into t values (1,'x',1.5,x'4142'),(2,NULL,3,NULL)")); show(con:getlastautoid())
show("update", con:execute("update t set b='y'")); show(con:execute("update t set b='z' where a=9"))
show(con:execute("selec")); show(con:execute("select nope from t")); show(con:execute("insert into nope values(1)")); show(con:execute(""))
show(pcall(con.execute, con) == false, pcall(con.execute, con, {}) == false)

local cur = con:execute("select * from t")
show(cur:getcolnames()); show(cur:getcoltypes())
show(cur:fetch())
local t = {}
show(cur:fetch(t) == t, t); show(cur:fetch()); show(pcall(cur.fetch, cur) == false, cur:close())
cur = con:execute("select a,b from t order by a")
show(cur:fetch({}, "a")); show(cur:fetch({}, "n")); show(cur:close(), cur:close()); show(pcall(cur.fetch, cur) == false)
cur = con:execute("select a,b from t order by a")
show(cur:fetch({kept = 1}, "an")); show(cur:fetch("x")); cur:close()
cur = con:execute("select a from t where a = 77"); show(type(cur)); show(cur:getcolnames()); show(cur:fetch()); show(cur:close())
cur = con:execute("select null, 1"); show(cur:fetch()); cur:close()
cur = con:execute("select null as x, 1 as y"); show(cur:fetch({x = "old"}, "a")); cur:close()
cur = con:execute("select count(*) as n, 'a' || b as ab, 1+1, 2.0, 1e20, 9007199254740993, -0.5, 'é', '12' from t group by 2")
show(cur:getcolnames()); show(cur:fetch({}, "n")); cur:close()
local n = 0
con:execute("insert into t(a) values (3)"); con:execute("insert into t(a) values (4)")
cur = con:execute("select a from t")
for a in function() return cur:fetch() end do n = n + a end
show(n)
-- two cursors, and a command while one is open
cur = con:execute("select a from t order by a")
show(cur:fetch())
local other = con:execute("select a from t order by a desc")
show(other:fetch(), cur:fetch(), other:fetch()); other:close(); cur:close()

show("escape", con:escape("it's \"a\" \\ b"))
show(con:setautocommit(false)); show(con:execute("insert into t(a) values (7)")); show(con:rollback())
cur = con:execute("select count(*) from t"); show(cur:fetch()); cur:close()
show(con:execute("insert into t(a) values (8)")); show(con:commit()); show(con:setautocommit(true))
cur = con:execute("select count(*) from t"); show(cur:fetch()); cur:close()
show(con:execute("begin"), con:execute("insert into t(a) values (9)"), con:execute("commit"))
show(con:execute("drop table t"))
show(con:close(), con:close()); show(pcall(con.execute, con, "select 1") == false, pcall(con.commit, con) == false)
show(env:close(), env:close()); show(pcall(env.connect, env, path) == false)
