package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
)

// hoarder writes programs that give much to one place after the other, and take
// most of it back: what Go keeps alive of it is seen when it is more than the census
// counts.
type hoarder struct {
	*rand.Rand
	size, turns int
}

func (h *hoarder) one(list ...string) string { return list[h.IntN(len(list))] }

// payload returns an expression for a new value that takes about h.size bytes.
func (h *hoarder) payload() string {
	return h.one(
		"text()", "text()", "text()",
		"{text()}", "list()", "{[text()] = 1}", "{[1.5] = text(), [true] = text()}",
		"bind(text())", "setmetatable({}, {__index = {text()}})", "setfenv(function() end, {text()})",
		"suspended(text())", "event(text())", h.one("text()", "text()", "text()", "load('return \"' .. text() .. '\"')", "load(names(text()))"),
		"select(2, pcall(error, {text()}))", "(text()):gmatch('x')", "coroutine.wrap(function(s) coroutine.yield() return s end)",
	)
}

// pieces lists what a program can do with a new value; P stands for one.
var pieces = strings.Split(strings.TrimSpace(`
t[P] = 1 t[P] = nil
local k = P t[k] = 1 t[k] = nil
local k = P small[i % 7] = small[i % 7] or {} small[i % 7][k] = 1 small[i % 7][k] = nil
local m = {} for j = 1, 9 do local k = P m[k] = 1 m[k] = nil end keep[#keep + 1] = m
local k = P rawset(t, k, 1) rawset(t, k, nil)
t[i + 0.5] = P t[i + 0.5] = nil
t["k" .. i] = P t["k" .. i] = nil
t[-i] = P t[-i] = nil
t[i] = P t[i] = nil
t[2 ^ 30 + i] = P t[2 ^ 30 + i] = nil
t[#t + 1] = P if #t > 3 then table.remove(t) end
table.insert(t, 1, P) if #t > 3 then table.remove(t, 1) end
local m = {} for j = 1, 9 do m[j] = P end while table.remove(m) do end keep[#keep + 1] = m
local m = {P, P, P} while table.remove(m, 1) do end keep[#keep + 1] = m
local m = {P, P, P} table.sort(m, function(a, b) return tostring(a) < tostring(b) end) for j = #m, 1, -1 do m[j] = nil end keep[#keep + 1] = m
t = {P, P, n = P} t = {}
t = {} for j = 1, 100 do t[j] = j end t[50] = P for j = 1, 100 do t[j] = nil end
_G["global" .. i] = P _G["global" .. i] = nil
global = P global = nil
keep[i] = {P} keep[i][1] = nil
keep[i] = {a = P} keep[i].a = nil
keep[i] = setmetatable({}, {__index = P}) setmetatable(keep[i], nil)
keep[i] = setmetatable({}, {P}) setmetatable(keep[i], {})
local function deep(n) local p = P if n > 0 then return 1 + deep(n - 1) end return 0 end deep(i % 5)
local function deep(n, ...) if n > 0 then return (deep(n - 1, P, ...)) end return 0 end deep(i % 5)
local function f() local x = bind(P) x() return 0 end f()
local function f(...) return select("#", ...) end f(P, P, P)
local function f(...) local a = {...} return a[1] end f(P, P)
local function f(...) return arg end f(P)
local function f() return P, P, P end local x = f() x = nil
local function f() return f2(P) end function f2(x) return x end f()
local a, b = i, P keep[#keep + 1] = function() return a end local f = function() return b end
local b, a = P, i local f = function() return b end keep[#keep + 1] = function() return a end
do local a = i local b = P keep[#keep + 1] = function() return a end local g = function() b = b end end
local function f(p) local q = i local g = function() return p, q end return function() return q end end keep[#keep + 1] = f(P)
local f do local p = P f = function() return p end end f() keep[#keep + 1] = setfenv(f, {}) f = nil keep[#keep] = nil
for _, v in ipairs{P, P} do local w = v end
for k, v in pairs{[P] = P} do local w = v break end
for v in function(s, c) if not c then return P end end, P do local w = v end
local x = P x = nil
local x, y, z = P, P, P
while true do local p = P if p then break end end
repeat local p = P until p
pcall(error, P)
pcall(error, {P})
pcall(function() local p = P error("x") end)
pcall(function(...) error(...) end, P)
pcall(pcall, error, P)
xpcall(function() error(P) end, function(e) return e end)
xpcall(function() local p = P error("x") end, function(e) local q = P return debug.traceback(tostring(e)) end)
pcall(string.rep, P, -1)
pcall(string.rep)
local co = coroutine.create(function(p) return P end) coroutine.resume(co, P) keep[#keep + 1] = co
local co = coroutine.create(function(p) error(P) end) coroutine.resume(co, P) keep[#keep + 1] = co
local co = coroutine.create(function(p) coroutine.yield(P) p = nil coroutine.yield(1) end) coroutine.resume(co, P) coroutine.resume(co) if i % 20 == 0 then keep[#keep + 1] = co end
local co = coroutine.create(function(...) local function deep(n) local f = bind(P) f() if n > 0 then deep(n - 1) end return 0 end deep(3) coroutine.yield() end) coroutine.resume(co) if i % 10 == 0 then keep[#keep + 1] = co end
local co = coroutine.wrap(function() local x = i local p = P coroutine.yield(function() return x end) end) if i % 20 == 0 then keep[#keep + 1] = co() end
local co = coroutine.wrap(function() local x = i local p = P return function() return x end end) keep[#keep + 1] = co()
for j = 1, 2 do local co = coroutine.wrap(function() local x = i local g = function() return x end local function deep(n) if n > 0 then return 1 + deep(n - 1) end coroutine.yield(g) return 0 end deep(700) end) keep[#keep + 1] = co() end
local co = coroutine.wrap(function(...) local function many(...) return select("#", ...) end many(unpack(hundred)) return function() return co end end) keep[#keep + 1] = co()
local co = coroutine.wrap(function() local x = i local function deep(n) if n > 0 then return 1 + deep(n - 1) end return 0 end deep(500) return function() return x end end) keep[#keep + 1] = co()
for v in coroutine.wrap(function() coroutine.yield(P) coroutine.yield(P) end) do local w = v break end
pcall(coroutine.wrap(function() coroutine.yield(P) error(P) end))
local s = text() keep[#keep + 1] = s:sub(1, 10)
local s = text() keep[#keep + 1] = s:match("%d+")
local s = text() keep[#keep + 1] = (s:gsub("x+", ""))
local s = text() for w in s:gmatch("%d+") do keep[#keep + 1] = w break end
local s = text() keep[#keep + 1] = select(3, s:find("^(%d+)"))
local s = text() keep[#keep + 1] = s:gsub(".*", function(c) return c:sub(1, 5) end)
local s = text() keep[#keep + 1] = s:gsub("^%d", {["1"] = "y"}):sub(-6)
local s = text() keep[#keep + 1] = s:upper():lower():reverse():sub(2, 9)
local s = text() keep[#keep + 1] = ("%s"):format(s):sub(1, 9) .. ("%.5s"):format(s) .. ("%q"):format(s):sub(1, 9)
local s = text() keep[#keep + 1] = table.concat({s, s}, "-"):sub(3, 7)
local s = text() keep[#keep + 1] = s:byte(1, 5) keep[#keep + 1] = string.char(s:byte(1, 9))
local s = text() keep[#keep + 1] = tostring(s):rep(2):sub(5, 40)
local it = text():gmatch("(%d)x") keep[#keep + 1] = it() it = nil
local s = (text() .. "=" .. text()):match("=(%w%w)") keep[#keep + 1] = s
print(P, text())
tostring(setmetatable({}, {__tostring = function() return text() end}))
local s = setmetatable({}, {__concat = function(a, b) return P end}) .. text()
local x = setmetatable({}, {__index = function(t, k) return P end})[P]
setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v) end})[P] = P
setmetatable({}, {__newindex = t})["k"] = P t.k = nil
local x = setmetatable({}, {__call = function(...) return ... end})(P, P)
local m = setmetatable({}, {__eq = function(a, b) return P end, __lt = function() return P end, __le = function() return P end, __unm = function() return P end, __len = function() return P end, __add = function() return P end}) local a, b = m + m, -m
table.sort({3, 1, 2}, function(a, b) local p = P return a < b end)
local q = {text(), text(), text()} table.sort(q) q = nil
table.foreach({1, 2}, function(k, v) local p = P end)
local a, b, c = unpack({P, P, P}) a, b, c = nil
local x = select(-1, P, P) x = nil
keep[#keep + 1] = load("return " .. i)
keep[#keep + 1] = load("local function f() return '" .. text():sub(1, 99) .. "' end")
keep[#keep + 1] = load(names(text()))
load(function() return nil end, text())
pcall(load, function() error(P) end)
local first = true local f = load(function() if first then first = false return "return ..." end end) f(P)
keep[#keep + 1] = load("return 1", "=" .. text())
if i < 30 then load(text()) load("x = = " .. text()) end
setfenv(1, setmetatable({P}, {__index = _G})) setfenv(1, _G)
local f = setfenv(function() return x end, {x = P}) setfenv(f, {}) keep[#keep + 1] = f
package.loaded[text()] = 1
package.loaded["m" .. i] = P package.loaded["m" .. i] = nil
package.loaded.m = nil require("m")
package.loaded.big = nil require("big")
pcall(require, text())
pcall(require, "m" .. i)
require("big" .. i)
string[("m"):rep(20) .. i] = function() return P end string[("m"):rep(20) .. i] = nil
local p = P string.own = function(s) return p end (""):own() string.own = nil
debug.traceback(text()) debug.getinfo(1)
local d = debug.getinfo(bind(P), "f") d = nil
pcall(os.date, text()) pcall(os.time, {year = text()}) pcall(os.getenv, text())
tonumber(text()) tonumber(text(), 16) pcall(math.floor, text())
pcall(next, t, P) next({[P] = 1})
json:encode({P}) json:encode({[text()] = text()})
keep[#keep + 1] = json:decode('{"a": ["' .. text() .. '"], "b": 1}').b
local d = json:decode('{"' .. text() .. '": {"x": [1, 2]}}') d = nil
for j = 1, 200 do keep[#keep + 1] = freeswitch.JSON() end
for j = 1, 200 do keep[#keep + 1] = freeswitch.API() end
local s = freeswitch.Stream() s:write(text()) s:write(text()) keep[#keep + 1] = s
if stream then stream:write(text()) stream:write("\n") end
local d = freeswitch.DTMF(text()) d.digit = text() keep[#keep + 1] = d
local e = freeswitch.Event("CUSTOM", text()) e:addBody(text()) e = nil
local e = freeswitch.Event("CUSTOM") for j = 1, 20 do e:addHeader("h" .. j, "v") e:delHeader("h" .. j) end keep[#keep + 1] = e
local e = freeswitch.Event("json", '{' .. ('"h":"v",'):rep(2000) .. '"z":"z"}') e:delHeader("h") keep[#keep + 1] = e
local e = freeswitch.Event("CUSTOM") e:addHeader("list[900]", "x") e:delHeader("list") keep[#keep + 1] = e
local e = freeswitch.Event("CUSTOM") e:addHeader("h", text()) e:addHeader("h", "") keep[#keep + 1] = e
local e = freeswitch.Event("CUSTOM") e:addBody(text()) e:addBody("") keep[#keep + 1] = e
local e = freeswitch.Event("CUSTOM") e:addHeader("h", "ARRAY::" .. text() .. "|:" .. text()) e:delHeader("h") keep[#keep + 1] = e
local e = freeswitch.Event("json", '{"a": ["' .. text() .. '", "x"], "_body": "' .. text() .. '"}') e:delHeader("a") e:addBody("") keep[#keep + 1] = e
local e = event(text()) keep[#keep + 1] = e:serialize(({"plain", "json", "xml"})[i % 3 + 1]):sub(1, 20)
local e, d = event(text()), freeswitch.Event("CUSTOM") d:merge(e) d:delHeader("big") keep[#keep + 1] = d
keep[#keep + 1] = event(text()):getHeader("Event-Name")
local f = io.open("tree.txt") keep[#keep + 1] = f:read("*l")
local f = io.open("tree.txt") f:read("*a") f:close() keep[#keep + 1] = f
keep[#keep + 1] = io.open("tree.txt")
local it = io.lines("tree.txt") it() keep[#keep + 1] = it
for line in io.lines("tree.txt") do keep[#keep + 1] = line break end
local f = io.open(dir .. "/granted") keep[#keep + 1] = f:read("*l") f:close()
local f = io.open(dir .. "/granted") keep[#keep + 1] = f:read(10) if #keep % 50 > 0 then f:close() end
for line in io.lines(dir .. "/granted") do keep[#keep + 1] = line:sub(1, 9) break end
pcall(io.open, text()) pcall(io.open, "tree.txt", text())
if i < 9 then pcall(dial, {"user/1000", vars = {name = text()}}) end
if i < 9 then pcall(dial, {text()}) end
pcall(freeswitch.Session, text()) freeswitch.Session()
for j = 1, 100 do keep[#keep + 1] = freeswitch.Session() end
if i < 20 then pcall(function() freeswitch.API():execute(text(), text()) end) end
if i < 20 then pcall(freeswitch.getGlobalVariable, text()) pcall(freeswitch.setGlobalVariable, text(), text()) end
freeswitch.consoleLog("info", text()) pcall(freeswitch.msleep, text())
pcall(freeswitch.nothing, P) pcall(function() return freeswitch[P].x end)
local x = _G[text()] x = string[text()] x = keep[text()]
("x"):gsub("x", function() local p = P if i == 9 then look() end return text() end)
if i == 1 then local function nest(n) return (("xx"):gsub("x", function() if n == 0 then look() return "y" end n = n - 1 return n % 2 == 0 and text():rep(4) or nest(n) end)) end nest(120) end
if i == 1 then local function nest(n) if n == 0 then look() return "" end return ("%s%s"):format(text():rep(4), setmetatable({}, {__tostring = function() return nest(n - 1) end})) end nest(50) end
if i == 1 then tostring = function(n) if n == 0 then look() return "" end if n == "" then return text():rep(4) end print("", n - 1) return "" end print("", 50) end
if i == 1 then local function nest(n) if n == 0 then look() return end local sent = 0 load(function() sent = sent + 1 if sent > 4 then nest(n - 1) return nil end return "--" .. text() end) end nest(30) end
if i == 1 then local function nest(n) if n == 0 then look() return end coroutine.wrap(function() local p = P local q = text() nest(n - 1) end)() end nest(80) end
if i == 1 then local function nest(n) if n == 0 then look() return end coroutine.wrap(function(...) nest(n - 1) end)(unpack(thousands)) end nest(80) end
if i == 1 then local function nest(n) if n == 0 then look() return end local p = P local q = text() local done table.sort({2, 1}, function() if not done then done = true nest(n - 1) end return false end) end nest(80) end
`), "\n")

// sessionPieces need a call.
var sessionPieces = strings.Split(strings.TrimSpace(`
session:set_tts_params(text(), text())
session:setHangupHook(text(), text())
session.cb_arg = text() session.cb_function = text() session.hangup_func_str = text() session.tts_name = text() session.voice_name = text()
session:setInputCallback(text(), text()) session:unsetInputCallback()
session:setInputCallback(text(), text())
local s = text() session:onDtmf(function() return s end)
local p = P session:onDtmf(function() return p end) session:onDtmf(nil)
for j = 1, 9 do local s = freeswitch.Session() s:set_tts_params(text(), text()) s:setHangupHook(text()) keep[#keep + 1] = s end
local s = freeswitch.Session() local p = P pcall(s.onDtmf, s, function() return p end) keep[#keep + 1] = s
session:setVariable("v" .. i, text():sub(1, 2000)) keep[#keep + 1] = session:getVariable("v" .. i):sub(1, 5)
pcall(session.checkpoint, session, {text():sub(1, 2000)}) pcall(session.checkpoint, session, {text()})
keep[#keep + 1] = session:schedHangup(3600 + i)
local task = session:schedHangup(3600) task:cancel()
keep[#keep + 1] = freeswitch.Session(session:get_uuid())
local e = freeswitch.Event("CUSTOM") session:setEventData(e) e:delHeader("Unique-ID") if i % 10 == 0 then keep[#keep + 1] = e end
session:flushDigits() keep[#keep + 1] = session:hangupCause()
session:hangup() pcall(session.setVariable, session, "v" .. i, text():sub(1, 9000)) session:setHangupHook(text())
`), "\n")

const hoarderHead = `
local n, size = 0, %d
local keep, t, small, json = {}, {}, {}, freeswitch.JSON()
local xs = ("x"):rep(size)
local function text() n = n + 1 return n .. xs end
local function list() local l = {} l[size / 32] = true l[size / 16] = true return l end
local function bind(v) return function() return v end end
local function suspended(v) local co = coroutine.create(function(v) coroutine.yield() return v end) coroutine.resume(co, v) return co end
local function event(s) local e = freeswitch.Event("CUSTOM") e:addHeader("big", s) return e end
local loads = 0
local function names(s) loads = loads + 1 if loads > 45 then return "" end s = "x" .. s return "local " .. s .. " = f() return function() " .. s .. "() end" end
local hundred, thousands, dir = {}, {}, %q
for j = 1, 500 do hundred[j] = j end for j = 1, 4000 do thousands[j] = true end
`

// program uses a few pieces, one of them in its turn and others at random, each in a function
// of its own: a Lua function has 60 upvalues at most.
func (h *hoarder) program(first int, pieces []string, dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, hoarderHead, h.size, dir)
	for i := range 1 + h.IntN(5)/4 {
		piece := pieces[first%len(pieces)]
		if i > 0 {
			piece = pieces[h.IntN(len(pieces))]
		}
		piece = value.ReplaceAllStringFunc(piece, func(string) string { return h.payload() })
		loop := fmt.Sprintf("for i = 1, %d do (function() %s end)() end", h.turns, piece)
		switch h.IntN(8) {
		case 0:
			loop = "local co = coroutine.create(function() " + loop + " look() coroutine.yield() end) coroutine.resume(co) keep[#keep + 1] = co"
		case 1:
			loop = "pcall(function() " + loop + " look() error(\"x\") end)"
		case 2:
			loop = "local function down(d) if d > 0 then return 1 + down(d - 1) end " + loop + " look() return 0 end down(40)"
		case 3:
			loop = "local done = false (\"ab\"):gsub(\".\", function() if not done then done = true " + loop + " look() end end)"
		}
		b.WriteString("do " + loop + " end\n")
	}
	b.WriteString("kept = keep kept2 = t kept3 = small look()\n")
	return b.String()
}

var value = regexp.MustCompile(`\bP\b`)

// A looker is a module whose function look compares the heap with the census.
type looker struct {
	t       *testing.T
	program string
	before  int64
	worst   string
	looks   int
}

const censusSlack = 1 << 20 // 4 MiB are permitted; less needs less to be seen

func (l *looker) Declare() *vm.Module {
	return &vm.Module{Name: "", Doc: "For tests.", Funcs: []vm.Func{{Name: "look", Params: []vm.Param{{Name: "every", Kind: vm.Int, Optional: true}}, Go: func(a *vm.Args) error {
		if l.looks++; a.Has(0) && l.looks%a.Int(0) > 0 {
			return nil
		}
		l.look(a.State())
		return nil
	}}}}
}

func (l *looker) Bind(env *host.Env) any { return l }

func (l *looker) look(s *vm.State) {
	census := s.Census() // first: it also drops what calls that have ended left behind
	held := heap() - l.before
	if held > 2*census+censusSlack && l.worst == "" {
		l.worst = fmt.Sprintf("%d KiB are held, the census counts %d KiB", held>>10, census>>10)
	}
}

// What the memory limit counts is what the process holds: programs over every
// operation, function and method, generated, are held against Go's heap.
func TestCensusIsWhatIsHeld(t *testing.T) {
	l := &looker{t: t}
	set := bindings.New(bindings.Deps{}, l)
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	lib := newLibrary(t)
	if err := os.WriteFile(lib.dir+"/granted", []byte(strings.Repeat("x", 20000)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lib.tree["tree.txt"] = strings.Repeat("a line of a file of the tree\n", 10000)
	grants := grant.Default()
	grants.Read = []grant.Directory{grant.Directory(lib.dir)}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the looks collect
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(192 << 20))
	failed := 0
	for seed := range testproc.Size(3*len(pieces), 150, 20) {
		h := &hoarder{Rand: rand.New(rand.NewPCG(uint64(seed), 1)), size: 18000, turns: 80}
		l.program = h.program(seed, pieces, lib.dir)
		if l.worst = ""; seed%50 == 0 {
			l.before = heap()
		}
		script, err := vm.Compile("hoard.lua", []byte(l.program))
		if err != nil {
			t.Fatalf("%v\n%s", err, l.program)
		}
		st := m.NewState(vm.StateOptions{
			ReadFile: lib.read, Clock: clock.System(),
			Limits: guard.Limits{Burst: 10 * time.Second, CPU: time.Minute},
			Require: func(name string) (*vm.Script, error) {
				switch {
				case name == "m":
					return vm.Compile("m.lua", []byte(`return {}`))
				case strings.HasPrefix(name, "big"):
					return vm.Compile("big.lua", []byte(`return ("x"):rep(30000)`))
				}
				return nil, fmt.Errorf("no module of %d bytes", len(name))
			},
		})
		end := bindAlone(set, st, &grants)
		err = st.Run(t.Context(), script, nil)
		l.look(st)
		end(t.Context())
		st.Close()
		if l.worst != "" {
			if failed++; failed > 10 {
				t.Fatal("and more")
			}
			t.Errorf("program %d: %s; it ended with %.300v\n%s", seed, l.worst, err, l.program[strings.Index(l.program, "\ndo "):])
		} else if err != nil && !strings.Contains(err.Error(), "memory limit") {
			t.Logf("program %d ended with %.300v\n%s", seed, err, l.program[strings.Index(l.program, "\ndo "):])
		}
		runtime.KeepAlive(st)
	}
}

// The same for what a call's session keeps.
func TestCensusOfASession(t *testing.T) {
	l := &looker{t: t}
	h := open(t, "")
	h.use(l)
	h.log.quiet, h.print, h.ended = true, func(string) {}, l.look
	for seed := range sessionPieces {
		w := &hoarder{Rand: rand.New(rand.NewPCG(uint64(seed), 2)), size: 30000, turns: 80}
		l.program = w.program(0, sessionPieces[seed:][:1], "")
		l.worst, l.before = "", heap()
		call, o := h.runScript(l.program)
		if l.worst != "" {
			t.Errorf("%s; it ended with %.300v\n%s", l.worst, o.err, l.program[strings.Index(l.program, "\ndo "):])
		}
		if o.err != nil && !strings.Contains(o.err.Error(), "memory limit") {
			t.Errorf("a program ended with %.300v\n%s", o.err, l.program[strings.Index(l.program, "\ndo "):])
		}
		call.Hangup("NORMAL_CLEARING")
		<-call.Done()
	}
}
