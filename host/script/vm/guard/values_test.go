package guard_test

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

func TestInteger(t *testing.T) {
	for _, n := range []int{-1 << 40, -1, 0, 1, 127, 128, 255, 256, 257, 1 << 40} {
		if got := guard.Integer(n); got != lua.LNumber(n) {
			t.Errorf("%d is %v", n, got)
		}
	}
}

func TestTextKeepsItsBytes(t *testing.T) {
	for n := range 60 {
		b := []byte(strings.Repeat("a", n))
		v := guard.Text(b)
		for i := range b {
			b[i] = 'b'
		}
		if v != lua.LString(strings.Repeat("a", n)) {
			t.Errorf("a text of %d bytes is %q", n, v)
		}
	}
}

func TestSourceLimit(t *testing.T) {
	const limit = 64 * guard.MaxSource
	if _, err := guard.Compile("t.lua", strings.Repeat(" ", limit)); err != nil {
		t.Error(err)
	}
	if _, err := guard.Compile("t.lua", strings.Repeat(" ", limit+1)); err == nil || err.Error() != "t.lua:1: source limit of 16 MiB reached" {
		t.Error(err)
	}
}

// A table's entries come in order, whatever was removed in between.
func TestNext(t *testing.T) {
	b := newBench(guard.Limits{})
	L := b.L()
	list := &lua.LTable{Metatable: lua.LNil}
	for i := range 3 {
		b.SetInt(L, list, i+1, guard.Integer(10*i))
	}
	for _, k := range []lua.LValue{lua.LString("x"), lua.LNumber(0.5), lua.LTrue, lua.LNumber(-1)} {
		b.Set(L, list, k, lua.LTrue)
	}
	b.Set(L, list, lua.LNumber(0.5), lua.LNil)
	b.SetInt(L, list, 2, lua.LNil)
	want := []lua.LValue{lua.LNumber(1), lua.LNumber(3), lua.LString("x"), lua.LTrue, lua.LNumber(-1)}
	k, _, ok := b.Next(L, list, lua.LNil)
	for _, w := range want {
		if !ok || k != w {
			t.Fatalf("%v, want %v", k, w)
		}
		k, _, ok = b.Next(L, list, k)
	}
	if !ok || k != lua.LNil {
		t.Errorf("%v after the last", k)
	}
	if _, _, ok := b.Next(L, list, lua.LString("y")); ok {
		t.Error("a key that was never there has a next")
	}
	if _, _, ok := b.Next(L, list, lua.LNumber(1000)); ok {
		t.Error("an index that was never there has a next")
	}
	if n := b.Len(L, list); n != 3 {
		t.Errorf("its length is %d", n)
	}
}
