package reference

import (
	"slices"
	"strings"
)

// The names of other versions than Lua 5.1.
const (
	lua50 = `math.mod string.gfind table.foreach table.foreachi table.getn table.setn`
	lua52 = `bit32.arshift bit32.band bit32.bnot bit32.bor bit32.btest bit32.bxor bit32.extract bit32.lrotate bit32.lshift bit32.replace
bit32.rrotate bit32.rshift rawlen table.pack table.unpack`
)

// changed says how a name of Lua differs in eslua.
var changed = map[string]string{
	"print":   "It writes to the log, or to the terminal in eslua exec.",
	"require": "It loads a file of the script directory, as it was when the call began: require \"lib.menu\" is lib/menu.lua. Then it looks for a module of eslua, such as cjson.",
	"dofile":  "A relative path, and one below the script directory, eslua's or FreeSWITCH's (script_dir), is a file of the script directory as it was when the call began. Another one must be granted (grants: read:).",
}

func standardDoc(name string) string {
	if difference := changed[name]; difference != "" {
		return difference
	}
	version := "5.1"
	switch {
	case slices.Contains(strings.Fields(lua50), name):
		version = "5.0"
	case slices.Contains(strings.Fields(lua52), name):
		version = "5.2"
	}
	return "It works as in the reference manual of Lua " + version + ": www.lua.org/manual/" + version + "."
}
