package stdlib_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// TestEveryFunctionIsCompared wants each function of the libraries in a snippet or among the differences.
func TestEveryFunctionIsCompared(t *testing.T) {
	files, _ := filepath.Glob("testdata/snippets/*.lua")
	var all strings.Builder
	for _, file := range append(files, "testdata/differences.lua", "../guard/testdata/language.lua", "../guard/testdata/differences.lua") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	n := 0
	for _, library := range stdlib.Libraries() {
		for _, f := range library.Fields {
			if _, ok := f.Value.(*lua.LFunction); ok {
				n++
			}
			name := `\b` + f.Name + `\b`
			if library.Name != "" {
				name = library.Name + `\.` + f.Name + `\b`
			}
			if !regexp.MustCompile(name).MatchString(all.String()) {
				t.Errorf("%s.%s is in no snippet", library.Name, f.Name)
			}
		}
	}
	if n != 103 {
		t.Errorf("%d functions are visible to scripts; if that is meant, write the number here", n)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, library := range stdlib.Libraries() {
		for _, f := range library.Fields {
			name := library.Name + "." + f.Name
			if seen[name] || f.Value == nil {
				t.Errorf("%s is there twice or empty", name)
			}
			seen[name] = true
		}
	}
}

func TestRandomBelongsToTheState(t *testing.T) {
	const draw = `math.random(1e9), math.random(), math.random(-5, 5)`
	first := eval(t, draw)
	if again := eval(t, draw); again != first {
		t.Errorf("the same seed gave %s and %s", first, again)
	}
	a, b := newScript(time.UTC), newScript(time.UTC)
	a.run("math.randomseed(1)")
	a.out.Reset()
	b.run("math.randomseed(2)")
	b.out.Reset()
	if x, y := a.run("print("+draw+")"), b.run("print("+draw+")"); x == y {
		t.Error("randomseed does not count:", x)
	}
}

func TestClockAndZoneAreTheStates(t *testing.T) {
	if got := eval(t, `os.time(), os.date("%H:%M %Z")`); got != "1700000000\t22:13 UTC" {
		t.Error(got)
	}
	s := newScript(time.FixedZone("HERE", 3600+30*60))
	if got := s.run(`print(os.date("%H:%M %Z %z", 0), os.time({year = 1970, month = 1, day = 2, hour = 0}))`); got != "01:30 HERE +0130\t81000\n" {
		t.Error(got)
	}
}

func TestPrintGoesToTheHost(t *testing.T) {
	s := newScript(time.UTC)
	if got := s.run(`print("a", 1, nil, true) print() print("x\0y")`); got != "a\t1\tnil\ttrue\n\nx\x00y\n" {
		t.Errorf("%q", got)
	}
}

// TestStringsAreTheStates: what a script adds to its string library is found on its strings, and on no others.
func TestStringsAreTheStates(t *testing.T) {
	s := newScript(time.UTC)
	if got := s.run(`function string.twice(s) return s .. s end print(("x"):twice())`); got != "xx\n" {
		t.Error(got)
	}
	if got := eval(t, `("x").twice`); got != "nil" {
		t.Error(got)
	}
}

func TestBit32(t *testing.T) {
	for expressions, want := range map[string]string{
		`bit32.band(), bit32.bor(), bit32.bxor(), bit32.btest()`:                                                         "4294967295\t0\t0\ttrue",
		`bit32.band(-1, 2^32 + 5), bit32.bnot(5), bit32.bor(1.2, 2)`:                                                     "5\t4294967290\t3",
		`bit32.lshift(1, 31), bit32.lshift(1, 32), bit32.lshift(8, -3), bit32.lshift(1, -2^40)`:                          "2147483648\t0\t1\t0",
		`bit32.rshift(-1, 28), bit32.rshift(1, -4), bit32.rshift(1, 2^62)`:                                               "15\t16\t0",
		`bit32.arshift(-1, 100), bit32.arshift(2^31, 31), bit32.arshift(1, -1)`:                                          "4294967295\t4294967295\t2",
		`bit32.lrotate(2^31, 1), bit32.rrotate(1, 1), bit32.lrotate(1, -1), bit32.lrotate(7, 64)`:                        "1\t2147483648\t2147483648\t7",
		`bit32.extract(0xABCD, 4, 8), bit32.extract(5, 2), bit32.replace(0, 7, 4, 2), bit32.replace(2^32 - 1, 0, 0, 32)`: "188\t1\t48\t0",
		`pcall(bit32.extract, 1, 30, 5)`:                                                                                 "false\ttrying to access non-existent bits",
		`pcall(bit32.extract, 1, -1)`:                                                                                    "false\tbad argument #2 to '?' (field cannot be negative)",
		`pcall(bit32.extract, 1, 0, 0)`:                                                                                  "false\tbad argument #3 to '?' (width must be positive)",
		`pcall(bit32.replace, 1, 1, 2^60)`:                                                                               "false\ttrying to access non-existent bits",
		`pcall(bit32.band, "x")`:                                                                                         "false\tbad argument #1 to '?' (number expected, got string)",
		`type(bit32.band(0/0)), type(bit32.band(1/0))`:                                                                   "number\tnumber",
	} {
		if got := eval(t, expressions); got != want {
			t.Errorf("%s\n%s, want %s", expressions, got, want)
		}
	}
}
