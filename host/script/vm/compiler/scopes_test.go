package compiler

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// TestScopes checks that the walk through the tree declares as many variables as the
// compiler, and that no mark is left on a line.
func TestScopes(t *testing.T) {
	const src = `local a, b = 1
local function f(x, ...) local y = arg do local z end return function(p) local q end end
function m.n(x) for i = 1, 2 do local j end for k, v, w in pairs(x), 1, 2 do local l goto next ::next:: end end
function m:o(x) repeat local r until r while x() and y do local w if w then local t elseif x then local e else local l end break end end
for w in (f() .. "x"):gmatch("p") do a, m.x = w, a end
local g = function() return 1 end
local t = {function() local in_table end, k = function() end, f()}
x = (function(...) local deep end)(...) and 1`
	text, wrong := Read("t", src)
	if wrong != nil {
		t.Fatal(wrong)
	}
	chunk, err := parse.Parse(strings.NewReader(text.source), "t")
	if err != nil {
		t.Fatal(err)
	}
	chunk = repair(chunk)
	blocks := markBlocks(chunk)
	p, err := lua.Compile(chunk, "t")
	if err != nil {
		t.Fatal(err)
	}
	var count func(p *lua.FunctionProto)
	count = func(p *lua.FunctionProto) {
		if here, there := len(blocks.locals[block(p.LineDefined)]), len(p.DbgLocals); here != there {
			t.Errorf("the function at line %d has %d variables, not %d", line(p.LineDefined), there, here)
		}
		for _, child := range p.FunctionPrototypes {
			count(child)
		}
	}
	count(p)
	blocks.settle(p)
	lines, functions := strings.Count(src, "\n")+2, 0
	var check func(p *lua.FunctionProto)
	check = func(p *lua.FunctionProto) {
		functions++
		for _, v := range p.DbgLocals {
			if v.EndPc < v.StartPc-1 || v.EndPc >= len(p.Code) {
				t.Errorf("%s of the function at line %d is from instruction %d to %d of %d", v.Name, p.LineDefined, v.StartPc, v.EndPc, len(p.Code))
			}
		}
		for _, n := range append(p.DbgSourcePositions, p.LineDefined, p.LastLineDefined) {
			if n > lines {
				t.Errorf("line %d of the function at line %d", n, p.LineDefined)
			}
		}
		for _, child := range p.FunctionPrototypes {
			check(child)
		}
	}
	check(p)
	if functions != 9 {
		t.Errorf("%d functions", functions)
	}
}
