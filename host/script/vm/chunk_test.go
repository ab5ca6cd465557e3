package vm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/lua51"
)

// chunks is a tree of scripts that load each other.
var chunks = map[string]string{
	"lib/util.lua":       `shared = (shared or 0) + 1 local name = ... return {n = shared, name = name}`,
	"lib/init.lua":       `return {name = "init of " .. ...}`,
	"globals.lua":        `answer = 42 function hello(name) return "hello " .. name end`,
	"results.lua":        `return 1, nil, "three", nil`,
	"nothing.lua":        ``,
	"wrong.lua":          "local x = \nlocal = 1",
	"fails.lua":          "\nerror('mine')",
	"table.lua":          `error({code = 7})`,
	"resources/conf.txt": `configured = true`,
	"deep/a/b/c.lua":     `return (...) .. " " .. debug.getinfo(1, "S").source:match("@?(.*/)"):gsub("^%./", "")`,
	"other/mod.lua":      `return "other's " .. ...`,
	"environment.lua":    `mine = 5 return getfenv(1) == _G`,
	"dir/self.lua":       `return debug.getinfo(1).source, debug.getinfo(1, "S").short_src, debug.getinfo(1, "l").currentline`,
}

// loads has scripts that print the same in lua5.1 in the directory of the tree.
var loads = []string{
	`dofile("globals.lua") print(answer, hello("you"))`,
	`print(dofile("results.lua"))`, `print(dofile("nothing.lua"))`, `print(select("#", dofile("results.lua")))`,
	`print(dofile("./lib/util.lua").n, dofile("lib/util.lua").n, dofile("lib/../lib/util.lua").name)`,
	`print(pcall(dofile, "none.lua"))`, `print((pcall(dofile, "wrong.lua")))`, `print(select(2, pcall(dofile, "fails.lua")))`, `print(select(2, pcall(dofile, "table.lua")).code)`,
	`print(loadfile("none.lua"))`, `print((loadfile("wrong.lua")))`, `local f = loadfile("globals.lua") print(answer) f() print(answer)`,
	`local f = loadfile("environment.lua") local env = {getfenv = getfenv} setfenv(f, env) print(f(), env.mine, mine)`,
	`dofile("resources/conf.txt") print(configured)`, `print(loadfile("resources/conf.txt") ~= loadfile("resources/conf.txt"))`,
	`print(require("lib.util").n, require("lib.util").name, package.loaded["lib.util"].n)`,
	`print(require("deep.a.b.c"))`,
	`print((pcall(require, "none.at.all")))`,
	`package.path = package.path .. ";./other/?.lua" print(require("mod"))`,
	`package.path = "./other/?.lua;" .. package.path print(require("mod"), require("lib.util").n)`,
	`package.path = package.path:gsub("$", ";./?/mod.lua") print(require("other"))`,
	`package.path = "./nowhere/?.lua;./other/?.lua" print(require("mod"))`,
	`require("lib.util") package.loaded["lib.util"] = nil print(require("lib.util").n)`,
	`package.preload["lib.util"] = function(n) return "preloaded " .. n end print(require("lib.util"))`,
	`table.insert(package.loaders, 2, function(n) if n == "made" then return function(...) return {select("#", ...), ...} end end return "\n\tnot made" end) print(require("made")[1], require("made")[2], require("lib.util").n)`,
	`table.insert(package.loaders, function(n) return function(m) return m .. "!" end end) print(require("lib.util").n, require("anything"))`,
	`package.loaders = {function(n) return "\n\tnothing called " .. n end} print(pcall(require, "lib.util"))`,
	`package.loaders[2] = nil print(pcall(require, "lib.util")) package.preload["lib.util"] = function() return 5 end print(require("lib.util"))`,
	`print(#package.loaders > 1, package.loaders[1]("x"), type(package.loaders[2]("lib.util")), package.loaders[2]("lib.util")("lib.util").n)`,
	`package.loaders = {} print(pcall(require, "lib.util"))`,
	`package.loaded["x.y"] = {z = 1} print(require("x.y").z)`,
	`print(package.loaded.string == string, package.loaded._G == _G, package.loaded.package == package, package.loaded.table == require("table"))`,
	`print(package.config:sub(1, 1), type(package.path), type(package.cpath))`,
	`local ok, why = pcall(require, "wrong") print(ok, why:match("wrong.lua:%d+:"))`,
	`local s, short, line = dofile("dir/self.lua") print((s:gsub("^@%./", "@")), (short:gsub("^%./", "")), line)`,
	`print((debug.getinfo(1, "S").source:match("@?(.*)"):gsub("^%./", "")))`,
	`local path = debug.getinfo(1).source:sub(2):gsub("main.lua$", "") dofile(path .. "globals.lua") print(answer)`,
	`print(debug.getinfo(loadstring("return 1", "=named")).source, debug.getinfo(loadstring("return 1", "@file.x")).short_src)`,
	`local function f() return debug.getinfo(1, "n").name, debug.getinfo(2, "l").currentline end print(f())`,
	`print(pcall(dofile, {}))`, `print(pcall(loadfile, {}))`,
	`local co = coroutine.wrap(function() return dofile("results.lua") end) print(co())`,
}

func TestLoadingFilesAsLua51(t *testing.T) {
	lua := lua51.Path(t)
	dir := t.TempDir()
	for name, src := range chunks {
		write(t, filepath.Join(dir, name), src)
	}
	for _, src := range loads {
		write(t, filepath.Join(dir, "main.lua"), src)
		command := exec.Command(lua, "main.lua")
		command.Dir = dir
		want, _ := command.CombinedOutput()
		tree := store.NewDir(dir, vm.Compile)
		var out strings.Builder
		s := machine(t).NewState(vm.StateOptions{Require: tree.Require, ReadFile: tree.ReadFile, Print: func(line string) { out.WriteString(line + "\n") }})
		script, err := vm.Compile("main.lua", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(t.Context(), script, []string{"main.lua"})
		s.Close()
		if got := strings.ReplaceAll(out.String(), "main.lua:1: cannot open", "cannot open"); err != nil || got != string(want) {
			t.Errorf("%s\n got %q, %v\nwant %q", src, got, err, want)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A path never leads out of the tree, and a loop of files ends by a limit.
func TestNoFileOutsideTheTreeIsLoaded(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "tree")
	write(t, filepath.Join(base, "secret.lua"), `return "secret"`)
	write(t, filepath.Join(dir, "loop.lua"), `dofile("loop.lua")`)
	write(t, filepath.Join(dir, "large.lua"), "return '"+strings.Repeat("x", 300<<10)+"'")
	write(t, filepath.Join(dir, "large.txt"), "return '"+strings.Repeat("x", 300<<10)+"'")
	if err := os.Symlink("../secret.lua", filepath.Join(dir, "link.lua")); err != nil {
		t.Fatal(err)
	}
	tree := store.NewDir(dir, vm.Compile)
	for src, want := range map[string]string{
		`dofile("../secret.lua")`: "No such file", `dofile("` + base + `/secret.lua")`: "No such file", `dofile("lib/../../secret.lua")`: "No such file",
		`dofile("link.lua")`: "escapes", `require("link")`: "escapes",
		`package.path = "../?.lua" require("secret")`: "not found", `package.path = "` + base + `/?.lua" require("secret")`: "not found",
		`package.path = ("?;"):rep(10000) require("secret")`:                               "longer than 16 KiB",
		`package.path = ("?"):rep(16000) require("secret")`:                                "not found",
		`package.path = ("./?;"):rep(4000) for i = 1, 1e9 do pcall(require, "x" .. i) end`: "limit",
		`dofile("loop.lua")`: "stack", `dofile("large.lua")`: "source limit", `dofile("large.txt")`: "source limit", `loadfile("large.txt")()`: "attempt to call",
		`dofile()`: "standard input", `dofile(("x"):rep(5000))`: "longer than any", `dofile("a\0b")`: "",
		`for i = 1, 1e9 do pcall(dofile, "none" .. i) end`: "limit",
	} {
		s := machine(t).NewState(vm.StateOptions{Require: tree.Require, ReadFile: tree.ReadFile, Root: dir, Limits: guard.Limits{Burst: 2e8}})
		script, err := vm.Compile("main.lua", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Run(t.Context(), script, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
		s.Close()
	}
}
