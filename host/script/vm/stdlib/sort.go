package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A sorting is one call of table.sort: PUC's quicksort (ltablib.c:auxsort) on t[1..n] without metamethods. It detects an
// inconsistent order function where PUC does.
type sorting struct {
	L    *lua.LState
	g    *guard.Guard
	t    *lua.LTable
	less lua.LValue
}

func tableSort(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	n := g.Len(L, t)
	less := guard.Arg(L, 2)
	if less != lua.LNil {
		less = argFunction(L, 2)
	}
	s := sorting{L, g, t, less}
	s.sort(1, n)
	return 0
}

func (s *sorting) at(i int) lua.LValue { return guard.Get(s.t, i) }

func (s *sorting) put(i int, v lua.LValue) { s.g.SetInt(s.L, s.t, i, v) }

func (s *sorting) swap(i, j int, vi, vj lua.LValue) {
	s.put(i, vj)
	s.put(j, vi)
}

// sort recurses into the smaller part only, so its depth is logarithmic.
func (s *sorting) sort(lo, up int) {
	for lo < up {
		if a, b := s.at(lo), s.at(up); s.before(b, a) {
			s.swap(lo, up, a, b)
		}
		if up-lo == 1 {
			return
		}
		i := (lo + up) / 2
		if a, b := s.at(i), s.at(lo); s.before(a, b) {
			s.swap(i, lo, a, b)
		} else if b := s.at(up); s.before(b, a) {
			s.swap(i, up, a, b)
		}
		if up-lo == 2 {
			return
		}
		pivot := s.at(i)
		s.swap(i, up-1, pivot, s.at(up-1))
		i = s.split(lo, up, pivot)
		if i-lo < up-i {
			s.sort(lo, i-1)
			lo = i + 1
		} else {
			s.sort(i+1, up)
			up = i - 1
		}
	}
}

// split moves the elements less than the pivot, which is at up-1, to its left, and returns the pivot's new index.
func (s *sorting) split(lo, up int, pivot lua.LValue) int {
	i, j := lo, up-1
	for {
		i++
		a := s.at(i)
		for s.before(a, pivot) {
			if i > up {
				fail(s.L, "invalid order function for sorting")
			}
			i++
			a = s.at(i)
		}
		j--
		b := s.at(j)
		for s.before(pivot, b) {
			if j < lo {
				fail(s.L, "invalid order function for sorting")
			}
			j--
			b = s.at(j)
		}
		if j < i {
			break
		}
		s.swap(i, j, a, b)
	}
	s.swap(up-1, i, s.at(up-1), s.at(i))
	return i
}

func (s *sorting) before(a, b lua.LValue) bool {
	if s.less != lua.LNil {
		call(s.L, 1, s.less, a, b)
		return lua.LVAsBool(pop(s.L))
	}
	switch a := a.(type) {
	case lua.LNumber:
		if b, ok := b.(lua.LNumber); ok {
			s.g.ChargeCPU(s.L, 2)
			return a < b
		}
	case lua.LString:
		if b, ok := b.(lua.LString); ok {
			s.g.ChargeCPU(s.L, 2+min(len(a), len(b))/bytesPerUnit)
			return a < b
		}
	}
	return lessThan(s.L, a, b)
}

// lessThan returns a < b for values that are not both numbers or both strings.
func lessThan(L *lua.LState, a, b lua.LValue) bool {
	ta, tb := a.Type(), b.Type()
	if ta != tb {
		failBare(L, "attempt to compare "+ta.String()+" with "+tb.String())
	}
	if lt := L.GetMetaField(a, "__lt"); lt != lua.LNil && lt == L.GetMetaField(b, "__lt") {
		call(L, 1, lt, a, b)
		return lua.LVAsBool(pop(L))
	}
	failBare(L, "attempt to compare two "+ta.String()+" values")
	return false
}
