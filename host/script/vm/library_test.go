package vm_test

import (
	"testing"

	"github.com/eslua/eslua/host/script/vm"
)

// A library is filled when it is first looked at, by whatever means.
func TestLibrariesAreNeverSeenEmpty(t *testing.T) {
	m := machine(t)
	for _, src := range []string{
		`assert(next(math))`,
		`assert(rawget(string, "len") and rawget(os, "none") == nil)`,
		`for k, v in next, coroutine do assert(v == coroutine[k]) return end error("empty")`,
		`for k, v in pairs(table) do assert(v == table[k]) return end error("empty")`,
		`assert(getmetatable(debug) == nil)`,
		`setmetatable(string, {__index = function(t, k) return function(s) return k .. s end end}) assert(("x"):shout() == "shoutx" and ("x"):len() == 1)`,
		`rawset(string, "len", function() return 5 end) assert(("x"):len() == 5 and ("x"):upper() == "X")`,
		`string.len = function() return 6 end assert(("x"):len() == 6 and ("x"):upper() == "X")`,
		`string.len = nil assert(string.len == nil and string.upper and not pcall(string.len, ""))`,
		`string.len = nil assert(not pcall(function() return ("x"):len() end))`,
		`package.seeall(math) assert(math.print == print and getmetatable(math).__index == _G)`,
		`assert(math.print == nil)`, // which the seeall of another state would have given it
		`print = nil assert(print == nil and rawget(_G, "print") == nil and tostring)`,
		`_G.print = nil assert(print == nil)`,
		`_G["print"] = nil assert(print == nil)`,
		`rawset(_G, "print", nil) assert(print == nil)`,
		`local p = print print = nil assert(print == nil and p) print = p assert(print == p)`,
		`string = nil assert(string == nil and ("x"):len() == 1)`,
		`assert(string == _G.string and _G == _G._G and rawget(_G, "string") == string)`,
		`assert(next(_G) and getmetatable(_G) == nil)`,
		`setmetatable(_G, {__index = function(_, k) return k end}) assert(nowhere == "nowhere" and type(print) == "function")`,
		`setmetatable(_G, {__newindex = function(t, k, v) rawset(t, k, 2 * v) end}) x = 2 assert(x == 4)`,
		`local env = setmetatable({}, {__index = _G}) setfenv(1, env) x = tostring(1) assert(x == "1" and _G.x == nil)`,
		`assert(require("string") == string)`,
		`assert(_G[1] == nil and _G[""] == nil and nowhere == nil)`,
		`_G[""] = 1 assert(_G[1] == nil and _G[""] == 1)`,
		`assert(loadstring("return print")() == print)`,
		`module("a.b", package.seeall) assert(print == _G.print)`,
		`assert(coroutine.wrap(function() return tostring end)() == tostring)`,
		`local n = 0 for k, v in pairs(_G) do n = n + 1 assert(v == _G[k]) end assert(n > 20)`,
		`mine = 1 tostring = 2 local last for k in pairs(_G) do last = k end assert(last == "mine" and tostring == 2)`,
	} {
		s := m.NewState(vm.StateOptions{})
		run(t, s, src)
		s.Close()
	}
}
