package stdlib

import (
	"math"
	"math/rand/v2"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// mathRandom uses the state's own generator: a call's numbers depend on its seed and on no other call.
func mathRandom(L *lua.LState) int {
	r := guard.Of(L).Services.Rand.Float64()
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
		return 1
	case 1:
		high = argInt(L, 1)
	case 2:
		low, high = argInt(L, 1), argInt(L, 2)
	default:
		return fail(L, "wrong number of arguments")
	}
	if low > high {
		return argError(L, L.GetTop(), "interval is empty")
	}
	L.Push(lua.LNumber(math.Floor(r*(float64(high)-float64(low)+1)) + float64(low)))
	return 1
}

func mathRandomseed(L *lua.LState) int {
	seed := uint64(argInt(L, 1))
	guard.Of(L).Services.Rand = rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15))
	return 0
}
