package vm_test

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/lua51"
)

// typing returns a state at which somebody types.
func typing(t *testing.T, limits guard.Limits) *vm.State {
	t.Helper()
	s := machine(t).NewState(vm.StateOptions{Limits: limits})
	t.Cleanup(s.Close)
	return s
}

func typed(t *testing.T, s *vm.State, text string) string {
	t.Helper()
	values, err := s.Eval(t.Context(), "typed", text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return values
}

// What is written of values is what lua5.1 reads as the same values.
func TestValuesAreWrittenAsLua(t *testing.T) {
	s := typing(t, guard.Limits{})
	var program strings.Builder
	program.WriteString(`
		local function same(a, b, seen)
			if a ~= a and b ~= b then return true end
			if type(a) ~= "table" or type(b) ~= "table" then return a == b end
			for k, v in pairs(a) do if not same(v, b[k]) then return false end end
			for k in pairs(b) do if a[k] == nil then return false end end
			return true
		end
	`)
	for _, text := range []string{
		`1`, `-1.5`, `1e300`, `0.1`, `1/3`, `2^53`, `-2^63`, `math.huge`, `-math.huge`, `0/0`, `nil`, `true`, `1, nil, "x"`,
		`"a\0b\n\r\t\"\\'\27[2J\127\255\194\155"`, `"\226\128\174 \195\164 \240\159\152\128"`, `"]]"`, `("\0001")`,
		`{}`, `{1, 2, nil, 4}`, `{{}, {{}}, "a"}`, `{["end"] = 1, ["a b"] = 2, a1 = 3, ["1a"] = 4, [""] = 5, ["x]]\n"] = 6}`,
		`{[0] = 1, [-1] = 2, [1.5] = 3, [true] = 4, [2^60] = 5}`, `setmetatable({1}, {__index = error, __tostring = error, __pairs = error, __len = error, __metatable = 1})`,
		`(function() local t = {} for i = 1, 300 do t[i] = {i, name = "n" .. i} end return t end)()`,
	} {
		values := typed(t, s, text)
		program.WriteString("do local a, b = {" + text + "}, {" + values + "}\nif not same(a, b) then print([==[" + strings.ReplaceAll(text, "\n", " ") + "]==]) end end\n")
		for _, r := range values {
			if r != '\n' && (r < ' ' || r == 0x7f) {
				t.Errorf("%s is written as %q", text, values)
				break
			}
		}
	}
	got, err := exec.CommandContext(t.Context(), lua51.Path(t), "-e", program.String()).CombinedOutput()
	if err != nil || len(got) > 0 {
		t.Errorf("not the same are %s %v", got, err)
	}
}

// What Lua has no way to write is a comment, and nil or an empty table: load reads it.
func TestValuesThatLuaCannotWrite(t *testing.T) {
	s := typing(t, guard.Limits{})
	for text, want := range map[string]string{
		`print, function() end`:                                "--[[function]] nil, --[[function typed:1]] nil",
		`coroutine.create(print)`:                              "--[[coroutine]] nil",
		`(function() local t = {} t.t = t return t end)()`:     "{t = {--[[a table that contains this one]]}}",
		`{[print] = 1}`:                                        "{--[[the key is a function]] 1}",
		`("x"):rep(20000):sub(1, 16385)`:                       `"` + strings.Repeat("x", 16384) + `"--[[and 1 bytes more]]`,
		`assert(loadstring("return function() end", "=]]"))()`: "--[[function )):1]] nil",
		``: "", `x = 1`: "", `-- nothing`: "",
	} {
		if got := typed(t, s, text); got != want {
			t.Errorf("%s is written as %s, not %s", text, got, want)
		}
	}
	for _, text := range []string{
		`(function() local t = {} for i = 1, 1e5 do t[i] = i end return t end)()`,
		`(function() local t = {} for i = 1, 1e4 do t["k" .. i] = {} end return t end)()`,
		`(function() local t = {} local u = t for i = 1, 100 do u.u = {} u = u.u end return t end)()`,
		`(function() local s, t = ("\0"):rep(1e5), {} for i = 1, 100 do t[i] = s .. i end return t end)()`,
		`_G`, `{_G, _G}`, `(function() local a = {} for i = 1, 30 do a = {a, a} end return a end)()`,
	} {
		values := typed(t, s, text)
		if len(values) > 1<<19 {
			t.Errorf("%s is written in %d bytes", text, len(values))
		}
		if _, err := vm.Compile("values", []byte("return "+values)); err != nil {
			t.Errorf("%s is written as no Lua: %v\n%.500s", text, err, values)
		}
	}
}

// Variables stay, local ones too, whatever ends a text.
func TestVariablesStay(t *testing.T) {
	s := typing(t, guard.Limits{Memory: 4 << 20, Burst: 200e6})
	for _, c := range [][2]string{
		{`local x, y = 1`, ""}, {`x, y`, "1, nil"}, {`local z`, ""}, {`z == nil`, "true"},
		{`local function fact(n) if n < 2 then return 1 end return n * fact(n - 1) end`, ""}, {`fact(5)`, "120"},
		{"local a = 1\nlocal b = a + 1\ndo local a = 7 end\nfunction both() return a, b end", ""}, {`both()`, "1, 2"},
		{`local string = string`, ""}, {`("x"):rep(2)`, `"xx"`}, {`for i = 1, 2 do local x = i end return x`, "1"},
	} {
		if got := typed(t, s, c[0]); got != c[1] {
			t.Errorf("%s is %s, not %s", c[0], got, c[1])
		}
	}
	typed(t, s, `co = coroutine.wrap(function() coroutine.yield(1) while true do end end) co()`)
	for _, c := range [][2]string{
		{`while true do end`, "burst limit"}, {`co()`, "burst limit"},
		{`error({code = "\27"})`, `the error is {code = "\027"}`}, {`error(print)`, "error object is a function"}, {`x = = 1`, "typed:1: syntax error near '='"}, {`local function f() return f() + 1 end return f()`, "stack overflow"},
		{`setmetatable(_G, {__index = function() while true do end end}) return nothing`, "burst limit"},
		{`keep = {} while true do keep[#keep + 1] = ("x"):rep(1e5) .. #keep end`, "memory limit"},
	} {
		text, want := c[0], c[1]
		s.Renew()
		_, err := s.Eval(t.Context(), "typed", text)
		if err == nil || !strings.Contains(err.Error(), want) || s.Ended() != nil {
			t.Errorf("%s: %v, ended %v", text, err, s.Ended())
		}
	}
	s.Renew()
	typed(t, s, `setmetatable(_G, nil) keep = nil`)
	if got := typed(t, s, `x, fact(3), (pcall(co)), #(("x"):rep(1e6))`); got != "1, 6, false, 1000000" {
		t.Error(got)
	}
	line, stop := context.WithCancelCause(t.Context())
	mine := errors.New("mine")
	stop(mine)
	if _, err := s.Eval(line, "typed", `while true do end`); !errors.Is(err, mine) {
		t.Error(err)
	}
	if got := typed(t, s, `x`); got != "1" {
		t.Error(got)
	}
}

func TestCompletion(t *testing.T) {
	s := typing(t, guard.Limits{})
	typed(t, s, `mine = {first = 1, fourth = print, ["no name"] = 1, sub = {x = 1}, ["end"] = 1} text = "x"`)
	for text, want := range map[string][]string{
		"mine.f": {"first", "fourth("}, "x = mine:f": {"fourth("}, "mi": {"mine"}, "print(mine.sub.": {"x"}, "text:up": {"upper("},
		"string.up": {"upper("}, "coroutine.w": {"wrap("}, "setm": {"setmetatable("}, "nothing.": nil, "mine.first.": nil, "1..": nil, "f().x": nil, "mine.e": nil,
	} {
		from, names := s.Complete(text)
		if !slices.Equal(names, want) || from > len(text) {
			t.Errorf("%s: %d %q, not %q", text, from, names, want)
		}
	}
	if from, _ := s.Complete("print(mine.fi"); from != len("print(mine.") {
		t.Error(from)
	}
}
