package main

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestValuesReadAsTheScriptWouldWriteThem(t *testing.T) {
	kept := &lua.LTable{Metatable: lua.LNil}
	kept.RawSetString("timeout", &lua.LUserData{})
	kept.RawSetString("joins", lua.LTrue)
	kept.RawSetInt(1, lua.LString("a\n"))
	kept.RawSetString("itself", kept)
	if got, want := values([]lua.LValue{lua.LNil, lua.LNumber(1), kept}), `nil, 1, {1 = "a\n", joins = true, timeout = task}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
