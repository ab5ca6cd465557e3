package store

import (
	"slices"
	"testing"
)

func TestNeedsOf(t *testing.T) {
	for name, tc := range map[string]struct {
		src  string
		want []need
	}{
		"a word and a string":      {`require "lib.util"`, []need{{"lib.util", 1, true}}},
		"parentheses":              {"\n\nlocal u = require('lib.util')", []need{{"lib.util", 3, true}}},
		"long bracket":             {"require [[a/b]]", []need{{"a/b", 1, true}}},
		"after a shebang":          {"#!/usr/bin/lua\nrequire 'a'", []need{{"a", 2, true}}},
		"in a comment":             {"-- require 'a'\n--[[ require 'b' ]]", nil},
		"in a string":              {`local s = "require 'a'"`, nil},
		"given to pcall":           {`local ok, m = pcall(require, "a")`, nil},
		"a computed name":          {`require("a" .. x); require(name)`, nil},
		"somebody else's require":  {`loader.require "a"; loader:require("b")`, nil},
		"in a function":            {"local function f()\n return require 'a'\nend\nrequire 'b'", []need{{"a", 2, false}, {"b", 4, true}}},
		"in a branch":              {"if x then require 'a' elseif y then require 'b' else require 'c' end require 'd'", []need{{"a", 1, false}, {"b", 1, false}, {"c", 1, false}, {"d", 1, true}}},
		"in loops":                 {"for i=1,2 do require 'a' end while x do require 'b' end repeat require 'c' until x require 'd'", []need{{"a", 1, false}, {"b", 1, false}, {"c", 1, false}, {"d", 1, true}}},
		"a second choice":          {`local json = cjson or require "json"`, []need{{"json", 1, false}}},
		"a script that sets paths": {"package.path = '/x/?.lua'\nrequire 'a'", []need{{"a", 2, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := needsOf(tc.src); !slices.Equal(got, tc.want) {
				t.Errorf("needsOf = %+v, want %+v", got, tc.want)
			}
		})
	}
}
