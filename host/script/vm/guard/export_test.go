package guard

import lua "github.com/yuin/gopher-lua"

// Census returns the bytes that the script can reach.
func (g *Guard) Census() int64 {
	live, _ := g.census()
	return live
}

// StaleRegisters counts the values above the top of L's registers.
func StaleRegisters(L *lua.LState) (n int) {
	r := raw(L).reg
	for _, v := range r.array[r.top:] {
		if v != nil && v != lua.LNil {
			n++
		}
	}
	return n
}
