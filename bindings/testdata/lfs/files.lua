local base = argv and argv[1] or (...)
local lfs = require("lfs")
local function show(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  print((table.concat(t, " | "):gsub(base, "BASE", nil)))
end
local b = base .. "/"

-- attributes
local names = {}
for name, v in pairs(lfs.attributes(b .. "f")) do names[#names + 1] = name .. "=" .. type(v) end
table.sort(names)
show(table.concat(names, " "))
local a = lfs.attributes(b .. "f")
show(a.mode, a.size, a.permissions, a.nlink, a.modification)
show(lfs.attributes(b .. "f", "size")); show((select(2, pcall(lfs.attributes, b .. "f", "nope")):gsub("^%S+:%d+: ", "")))
show(lfs.attributes(b .. "none")); show(lfs.attributes(b .. "none", "mode")); show(lfs.attributes(b .. "f/x"))
show(lfs.attributes(base, "mode"), lfs.attributes(b, "mode"), lfs.attributes(b .. "d", "mode"), lfs.attributes(b .. "d/", "mode"), lfs.attributes(b .. "d/../f", "mode"))
show(lfs.attributes(b .. "s", "mode"), lfs.symlinkattributes(b .. "s", "mode"), lfs.symlinkattributes(b .. "s", "target"), lfs.symlinkattributes(b .. "s").target, lfs.attributes(b .. "s").target)
show(lfs.attributes(b .. "b", "mode")); show(lfs.symlinkattributes(b .. "b").mode); show(lfs.attributes(b .. "p", "mode"))
local t = {x = 1}
show(lfs.attributes(b .. "f", t) == t, t.mode, t.x)

-- dir
local function listed(dir)
  local n = {}
  for f in lfs.dir(dir) do n[#n + 1] = f end
  table.sort(n)
  return table.concat(n, " ")
end
show(listed(base)); show(listed(b .. "d")); show(listed(b .. "d/"))
local it, d = lfs.dir(base)
show(type(it), type(d), type(d:next()), type(it(d)), d:close())
show(pcall(d.next, d) == false, pcall(it, d) == false)
it, d = lfs.dir(b .. "d")
show(it(d) ~= nil, d:next() ~= nil, it(d)); show(pcall(it, d) == false)
local function why(...) return (select(2, pcall(...)):gsub("^%S+:%d+: ", "")) end
show(why(lfs.dir, b .. "none")); show(why(lfs.dir, b .. "f"))

-- changes
show(lfs.mkdir(b .. "new")); show(lfs.mkdir(b .. "new")); show(lfs.mkdir(b .. "x/y")); show(lfs.attributes(b .. "new", "mode"))
show(lfs.rmdir(b .. "new")); show(lfs.rmdir(b .. "new")); show(lfs.rmdir(b .. "f")); show(lfs.rmdir(b .. "full"))
show(lfs.touch(b .. "f", 1000, 2000)); show(lfs.attributes(b .. "f", "access"), lfs.attributes(b .. "f", "modification"))
show(lfs.touch(b .. "none")); show(lfs.touch(b .. "f", 5000)); show(lfs.attributes(b .. "f", "access"), lfs.attributes(b .. "f", "modification"))
show(lfs.touch(b .. "f")); show(math.abs(lfs.attributes(b .. "f", "modification") - os.time()) < 100)
local f = assert(io.open(b .. "written", "w"))
f:write("four")
f:close()
show(lfs.attributes(b .. "written", "size"))
f = io.open(b .. "written", "a")
show(lfs.setmode(f, "binary")); show(pcall(lfs.setmode, f, "x") == false)
f:close()

-- lock_dir
local lock = lfs.lock_dir(b .. "d")
show(lock ~= nil); show(lfs.lock_dir(b .. "d")); show(lfs.symlinkattributes(b .. "d/lockfile.lfs", "mode"))
show(lock:free()); show(lfs.symlinkattributes(b .. "d/lockfile.lfs", "mode") == nil); show(lfs.lock_dir(b .. "d") ~= nil)
show(lfs.lock_dir(b .. "d", 1000) == nil)
show(lfs.lock_dir(b .. "nowhere"))
show(type(lfs.currentdir())); show(lfs._VERSION)
show(pcall(lfs.attributes) == false, pcall(lfs.dir) == false)
