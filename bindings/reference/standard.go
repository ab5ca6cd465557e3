package reference

import (
	"slices"
	"strings"
)

// lua51 lists the names of Lua 5.1 (reference manual, chapter 5), without the
// methods of files.
const lua51 = `_G _VERSION assert collectgarbage dofile error getfenv getmetatable ipairs load loadfile loadstring module next pairs pcall
print rawequal rawget rawset require select setfenv setmetatable tonumber tostring type unpack xpcall
coroutine.create coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield
debug.debug debug.getfenv debug.gethook debug.getinfo debug.getlocal debug.getmetatable debug.getregistry debug.getupvalue
debug.setfenv debug.sethook debug.setlocal debug.setmetatable debug.setupvalue debug.traceback
io.close io.flush io.input io.lines io.open io.output io.popen io.read io.stderr io.stdin io.stdout io.tmpfile io.type io.write
math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod math.frexp
math.huge math.ldexp math.log math.log10 math.max math.min math.modf math.pi math.pow math.rad math.random math.randomseed math.sin
math.sinh math.sqrt math.tan math.tanh
os.clock os.date os.difftime os.execute os.exit os.getenv os.remove os.rename os.setlocale os.time os.tmpname
package.cpath package.loaded package.loaders package.loadlib package.path package.preload package.seeall
string.byte string.char string.dump string.find string.format string.gmatch string.gsub string.len string.lower string.match
string.rep string.reverse string.sub string.upper
table.concat table.insert table.maxn table.remove table.sort`

// lua50 lists the names of Lua 5.0 that 5.1 still has.
const lua50 = `math.mod string.gfind table.foreach table.foreachi table.getn table.setn`

// changed says how a name of Lua differs in eslua.
var changed = map[string]string{
	"print":   "It writes to the log, or to the terminal in eslua exec.",
	"require": "It loads a file of the script directory, as it was when the call began: require \"lib.menu\" is lib/menu.lua.",
}

func standardDoc(name string) string {
	if difference := changed[name]; difference != "" {
		return difference
	}
	version := "5.2"
	switch {
	case slices.Contains(strings.Fields(lua51), name):
		version = "5.1"
	case slices.Contains(strings.Fields(lua50), name):
		version = "5.0"
	}
	return "It works as in the reference manual of Lua " + version + ": www.lua.org/manual/" + version + "."
}
