package compiler

import (
	"strings"
	"testing"
)

// message returns the error of reading and compiling src, "" for none.
func message(src string) string {
	text, err := Read("t.lua", src)
	if err == nil {
		_, err = text.Compile(func(int) {})
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func nested(open, middle, closing string, n int) string {
	return strings.Repeat(open, n) + middle + strings.Repeat(closing, n)
}

// Each limit permits what it says and nothing more.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name, most, tooMuch, want string
	}{
		{"brackets", "x = " + nested("(", "1", ")", maxNested), "x = " + nested("(", "1", ")", maxNested+1), "chunk has too many syntax levels"},
		{"blocks", nested("do ", "", "end ", maxNested), nested("do ", "", "end ", maxNested+1), "chunk has too many syntax levels"},
		{"operators", "x = 1" + strings.Repeat(" + 1", maxChain-1), "x = 1" + strings.Repeat(" + 1", maxChain), "an expression or chain of elseif with too many parts: split it"},
		{"calls", "x" + strings.Repeat("()", 150), "x" + strings.Repeat("()", maxChain), "an expression or chain of elseif with too many parts: split it"},
		{"functions", strings.Repeat("f = function() end ", maxFunctions), strings.Repeat("f = function() end ", maxFunctions+1), "more than 2000 functions in one text: split it"},
		{"elements", "x = {" + strings.Repeat("1,", maxElements) + "}", "x = {" + strings.Repeat("1,", maxElements+1) + "}", "more than 25000 elements in one table constructor: split it"},
		{"arguments in brackets", "x = {f(" + strings.Repeat("1,", 100) + "1)}", "x = {f(1,2}", "unexpected symbol near '}'"},
	} {
		if got := message(c.most); got != "" {
			t.Errorf("%s: %s", c.name, got)
		}
		if got := message(c.tooMuch); !strings.HasSuffix(got, c.want) || !strings.HasPrefix(got, "t.lua:1: ") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSyntaxErrorsHaveTheirLine(t *testing.T) {
	for src, want := range map[string]string{
		"\x1bLua":                          "t.lua:1: a precompiled chunk, not source text",
		"x = 'a\nb'":                       "t.lua:1: unfinished string near ''a'",
		"\r\nx = \"a":                      "t.lua:2: unfinished string near '<eof>'",
		"\n\rx = [[a\n":                    "t.lua:3: unfinished long string near '<eof>'",
		"--[==[ ]]\n":                      "t.lua:2: unfinished long comment near '<eof>'",
		"x = '\\xg'":                       `t.lua:1: hexadecimal digit expected near ''\'`,
		"x = '\\x1'":                       `t.lua:1: hexadecimal digit expected near ''\'`,
		"x = '\\256'":                      `t.lua:1: escape sequence too large near ''\256'`,
		"x = 3x":                           "t.lua:1: malformed number near '3x'",
		"x = 1..2":                         "t.lua:1: malformed number near '1..2'",
		"x = 7\n // 2":                     "t.lua:2: the operator // is of Lua 5.3, and eslua runs Lua 5.1 with goto: write math.floor(a / b)",
		"x = 1 & 2":                        "t.lua:1: the operator & is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.band(a, b)",
		"x = 1 | 2":                        "t.lua:1: the operator | is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.bor(a, b)",
		"x = 1 ~ 2":                        "t.lua:1: the operator ~ is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.bxor(a, b), and bit32.bnot(a) for one operand",
		"x = ~2":                           "t.lua:1: the operator ~ is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.bxor(a, b), and bit32.bnot(a) for one operand",
		"x = 1 << 2":                       "t.lua:1: the operator << is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.lshift(a, n)",
		"x = 1 >> 2":                       "t.lua:1: the operator >> is of Lua 5.3, and eslua runs Lua 5.1 with goto: write bit32.rshift(a, n)",
		"local x <const> = 2":              "t.lua:1: the attribute <const> is of Lua 5.4, and eslua runs Lua 5.1 with goto: leave it out",
		"x = '\\u{}'":                      `t.lua:1: hexadecimal digit expected near ''\'`,
		"x = 1 ~= 2 y = '//&|~<<' --//&|~": "",
		"x = '\\u{48}\\u{20AC}' goto e ::e:: x = \"a\\z\n  b\"": "",
		"x = )":                       "t.lua:1: unexpected symbol near ')'",
		"x = $":                       "t.lua:1: unexpected symbol near '$'",
		"--[[\n\n]] x = = 1":          "t.lua:3: syntax error near '='",
		"x = 'a\\z \n\n b' y = = 1":   "t.lua:3: syntax error near '='",
		"#!/bin/lua\ny = = 1":         "t.lua:2: syntax error near '='",
		"goto nowhere":                "t.lua:2: no visible label 'nowhere' for <goto> at line 1",
		"for i = 1, 2 do":             "t.lua:1: syntax error near '<eof>'",
		"\xef\xbb\xbfx = 1\ny = = 1":  "t.lua:2: syntax error near '='",
		"x = '\\\r\n' y = = 1":        "t.lua:2: syntax error near '='",
		"x = [[\n\r\n]] .. [[]] .. =": "t.lua:3: syntax error near '='",
	} {
		if got := message(src); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

// Looking for names grows with the variables in sight.
func TestNamesAreCharged(t *testing.T) {
	names := strings.TrimSuffix(strings.Repeat("a,", 100), ",")
	for src, want := range map[string]int{
		"x = x":                     0,
		"local " + names + " x = x": 200 / namesPerUnit,
		"local " + names + " local function f() local " + names + " x = x end": (101 + 2*201) / namesPerUnit,
		"do local " + names + " end x = x":                                     0,
		"local " + names + strings.Repeat(" x = x", 500):                       100_000 / namesPerUnit,
	} {
		text, wrong := Read("t.lua", src)
		if wrong != nil {
			t.Fatal(wrong)
		}
		charged := 0
		if _, wrong := text.Compile(func(units int) { charged += units }); wrong != nil {
			t.Fatal(wrong)
		}
		if charged != want {
			t.Errorf("%.60q: %d units are charged, not %d", src, charged, want)
		}
	}
}

// What compiling takes grows with the text, its tokens and its functions, and with
// the square of the constants in one of them.
func TestCosts(t *testing.T) {
	constants := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("x = 'a" + strings.Repeat("b", i) + "' ")
		}
		return b.String()
	}
	for _, c := range []struct {
		src          string
		work, memory int
	}{
		{"", 0, 0},
		{"x = 1", 60*3 + 4*5 + 2*2/2, 30 * 5},
		{"f = function() end", 60*6 + 4*18 + 1, 30*18 + 9000},
		{"x = x", 60*3 + 4*5 + 2*1/2, 30 * 5},
		{"x = x -- a comment", 60*3 + 4*6 + 2*1/2, 30 * 6},
		{constants(20), 60*60 + 4*len(constants(20)) + 40*21/2, 30 * len(constants(20))},
	} {
		text, err := Read("t.lua", c.src)
		if err != nil {
			t.Fatal(err)
		}
		if text.Work < c.work-2 || text.Work > c.work+2 || text.Memory != c.memory {
			t.Errorf("%.30q takes %d units and %d bytes, want %d and %d", c.src, text.Work, text.Memory, c.work, c.memory)
		}
	}
}
