package lint

import (
	"slices"
	"strings"
	"testing"
)

func TestRequirements(t *testing.T) {
	for name, tc := range map[string]struct {
		src  string
		want []Requirement
	}{
		"a word and a string":       {`require "lib.util"`, []Requirement{{"lib.util", 1, true}}},
		"parentheses":               {"\n\nlocal u = require('lib.util')", []Requirement{{"lib.util", 3, true}}},
		"long bracket":              {"require [[a/b]]", []Requirement{{"a/b", 1, true}}},
		"after a shebang":           {"#!/usr/bin/lua\nrequire 'a'", []Requirement{{"a", 2, true}}},
		"in a comment":              {"-- require 'a'\n--[[ require 'b' ]]", nil},
		"in a string":               {`local s = "require 'a'"`, nil},
		"given to pcall":            {`local ok, m = pcall(require, "a")`, nil},
		"a computed name":           {`require("a" .. x); require(name)`, nil},
		"somebody else's require":   {`loader.require "a"; loader:require("b")`, nil},
		"in a function":             {"local function f()\n return require 'a'\nend\nrequire 'b'", []Requirement{{"a", 2, false}, {"b", 4, true}}},
		"in a branch":               {"if x then require 'a' elseif y then require 'b' else require 'c' end require 'd'", []Requirement{{"a", 1, false}, {"b", 1, false}, {"c", 1, false}, {"d", 1, true}}},
		"in loops":                  {"for i=1,2 do require 'a' end while x do require 'b' end repeat require 'c' until x require 'd'", []Requirement{{"a", 1, false}, {"b", 1, false}, {"c", 1, false}, {"d", 1, true}}},
		"a second choice":           {`local json = cjson or require "json"`, []Requirement{{"json", 1, false}}},
		"in a block":                {"do require 'a' end return require 'b'", []Requirement{{"a", 1, true}, {"b", 1, true}}},
		"after what only PUC reads": {"\xef\xbb\xbflocal s = '\\x41\\z\n ' local n = 0x.8p1 require 'a'", []Requirement{{"a", 2, true}}},
		"a script that sets paths":  {"package.path = '/x/?.lua'\nrequire 'a'", []Requirement{{"a", 2, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ImportsOf(tc.src).Required; !slices.Equal(got, tc.want) {
				t.Errorf("needs = %+v, want %+v", got, tc.want)
			}
		})
	}
}

// The text of a script shows what it can load, or that it does not show it.
func TestWhatAScriptCanLoad(t *testing.T) {
	for src, want := range map[string]struct {
		modules string
		any     bool
	}{
		"require 'a'; require('b'); if x then require [[c]] end":  {"a b c", false},
		"local ok, m = pcall(require, 'a')":                       {"a", false},
		"local ok, m = pcall(require, 'a' .. x)":                  {"", true},
		"require('a' .. x)":                                       {"", true},
		"require(name)":                                           {"", true},
		"local r = require; r 'a'":                                {"", true},
		"local t = {require}":                                     {"", true},
		"for _, m in ipairs{'a', 'b'} do require(m) end":          {"", true},
		"_G['req' .. 'uire']('a')":                                {"", true},
		"getfenv().require 'a'":                                   {"", true},
		"local f = require 'io'":                                  {"", true},
		"local ok, g = pcall(require, '_G')":                      {"", true},
		"load(text)()":                                            {"", true},
		"package.loaded._G.require 'a'":                           {"", true},
		"loader.require 'a'; queue:load(); app.package = 1":       {"", false},
		"local function load() end load() t = {io = 1}":           {"", false},
		"local require = require; require 'a'":                    {"", true},
		"-- require(x)\nlocal s = 'require(x)'; session:hangup()": {"", false},
	} {
		got := ImportsOf(src)
		if modules := strings.Join(got.Modules(), " "); got.Dynamic != want.any || !got.Dynamic && modules != want.modules {
			t.Errorf("%s\n: %q, any %v; want %+v", src, modules, got.Dynamic, want)
		}
	}
}
