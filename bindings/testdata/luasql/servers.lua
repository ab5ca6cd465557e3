local kind, source, user, password, host, port = ...
local con = assert(require("luasql." .. kind)[kind]():connect(source, user, password, host, port))

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

con:execute("drop table if exists luasql")
show("create", con:execute("create table luasql(a int, b varchar(20), c double precision, d text, e boolean, f numeric(10,2))"))
show("insert", con:execute("insert into luasql values (1,'x',1.5,'y',true,12.30),(2,NULL,3,NULL,false,NULL)"))
show("update", con:execute("update luasql set b='y'")); show(con:execute("update luasql set b='z' where a=9")); show(con:execute("delete from luasql where a=9"))
show((con:execute("selec")), (con:execute("select nope from luasql")), type(select(2, con:execute("selec"))))
local cur = con:execute("select * from luasql order by a")
show(cur:getcolnames()); show(#cur:getcoltypes()); show(cur:numrows())
show(cur:fetch()); show(cur:numrows())
local t = {}
show(cur:fetch(t, "a") == t, t); show(cur:fetch()); show(cur:close())
cur = con:execute("select a,b from luasql order by a")
show(cur:fetch({}, "a")); show(cur:fetch({}, "n")); show(cur:close(), cur:close())
cur = con:execute("select a,b from luasql order by a")
show(cur:fetch({kept = 1}, "an")); show(cur:fetch()); cur:close()
cur = con:execute("select a from luasql where a = 77"); show(type(cur), cur:numrows()); show(cur:getcolnames()); show(cur:fetch()); show(cur:close())
cur = con:execute("select null as n, 1 as one, 'é' as t, 2.50 as d"); show(cur:fetch()); cur:close()
cur = con:execute("select count(*) as n from luasql"); show(cur:fetch({}, "a")); cur:close()
-- a command while the rows of another one come
cur = con:execute("select a from luasql order by a")
show(cur:fetch())
local other = con:execute("select a from luasql order by a desc")
show(other:fetch(), cur:fetch(), other:fetch()); other:close(); cur:close()
show("escape", con:escape("it's"))
show(con:setautocommit(false)); show(con:execute("insert into luasql(a) values (7)")); show(con:rollback())
cur = con:execute("select count(*) from luasql"); show(cur:fetch()); cur:close()
show(con:execute("insert into luasql(a) values (8)")); show(con:commit()); show(con:setautocommit(true))
cur = con:execute("select count(*) from luasql"); show(cur:fetch()); cur:close()
show(con:execute("drop table luasql"))
if kind == "mysql" then
  show(con:escape("a\n\"\\\0\26b"))
  con:execute("create table luasql(id int auto_increment primary key, n int)")
  show(con:execute("insert into luasql(n) values (5)")); show(con:getlastautoid()); show(con:execute("insert into luasql(n) values (6)")); show(con:getlastautoid())
  show(con:execute("drop table luasql"))
else
  cur = con:execute("select 1::int as i, 'x'::varchar(9) as v, now() as w, true as b"); show(cur:getcoltypes()); cur:close()
end
show(con:close(), con:close())
