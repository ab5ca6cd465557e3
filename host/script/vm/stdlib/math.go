package stdlib

import (
	"math"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

func mathFields() []Field {
	fmod := of2(math.Mod)
	return []Field{
		{"abs", of1(math.Abs)},
		{"acos", of1(math.Acos)},
		{"asin", of1(math.Asin)},
		{"atan", of1(math.Atan)},
		{"atan2", of2(math.Atan2)},
		{"ceil", of1(math.Ceil)},
		{"cos", of1(math.Cos)},
		{"cosh", of1(math.Cosh)},
		{"deg", of1(func(x float64) float64 { return x / radiansPerDegree })},
		{"exp", of1(math.Exp)},
		{"floor", of1(math.Floor)},
		{"fmod", fmod},
		fn("frexp", mathFrexp),
		fn("ldexp", mathLdexp),
		fn("log", mathLog),
		{"log10", of1(math.Log10)},
		fn("max", mathMax),
		fn("min", mathMin),
		{"mod", fmod}, // 5.0's name, which 5.1 keeps
		fn("modf", mathModf),
		{"pow", of2(math.Pow)},
		{"rad", of1(func(x float64) float64 { return x * radiansPerDegree })},
		fn("random", mathRandom),
		fn("randomseed", mathRandomseed),
		{"sin", of1(math.Sin)},
		{"sinh", of1(math.Sinh)},
		{"sqrt", of1(math.Sqrt)},
		{"tan", of1(math.Tan)},
		{"tanh", of1(math.Tanh)},
		{"pi", lua.LNumber(math.Pi)},
		{"huge", lua.LNumber(math.Inf(1))},
	}
}

const radiansPerDegree = math.Pi / 180

func of1(f func(float64) float64) lua.LValue {
	return guard.GoFunction(func(L *lua.LState) int {
		L.Push(lua.LNumber(f(argNumber(L, 1))))
		return 1
	})
}

func of2(f func(x, y float64) float64) lua.LValue {
	return guard.GoFunction(func(L *lua.LState) int {
		x := argNumber(L, 1)
		L.Push(lua.LNumber(f(x, argNumber(L, 2))))
		return 1
	})
}

func mathFrexp(L *lua.LState) int {
	m, e := math.Frexp(argNumber(L, 1))
	L.Push(lua.LNumber(m))
	L.Push(lua.LNumber(e))
	return 2
}

func mathLdexp(L *lua.LState) int {
	x := argNumber(L, 1)
	L.Push(lua.LNumber(math.Ldexp(x, min(max(argInt(L, 2), -1<<16), 1<<16))))
	return 1
}

// mathLog takes a base, as 5.2 does.
func mathLog(L *lua.LState) int {
	x := argNumber(L, 1)
	y := math.Log(x)
	if guard.Arg(L, 2) != lua.LNil {
		switch base := argNumber(L, 2); base {
		case 2:
			y = math.Log2(x)
		case 10:
			y = math.Log10(x)
		default:
			y /= math.Log(base)
		}
	}
	L.Push(lua.LNumber(y))
	return 1
}

func mathMax(L *lua.LState) int { return extreme(L, 1) }

func mathMin(L *lua.LState) int { return extreme(L, -1) }

// extreme pushes the largest argument, or the smallest if sign is -1.
func extreme(L *lua.LState, sign float64) int {
	found := argNumber(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if x := argNumber(L, i); sign*x > sign*found {
			found = x
		}
	}
	L.Push(lua.LNumber(found))
	return 1
}

func mathModf(L *lua.LState) int {
	x := argNumber(L, 1)
	whole, rest := math.Modf(x)
	if math.IsInf(x, 0) {
		rest = math.Copysign(0, x) // Go says NaN
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(rest))
	return 2
}
