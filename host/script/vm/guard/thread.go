package guard

import (
	"sync"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Threads are not made by lua.NewState, which allocates two large tables and
// stacks of fixed size: 11 KiB of garbage for every call and every coroutine.

const (
	frames       = 10 // and registers that a thread begins with; both grow
	registers    = 40
	maxRegisters = 1 << 17 // that a thread may grow to
	threadSize   = 1100    // bytes of a thread without its frames and registers
)

// prototypeThread is made by gopher-lua; all other threads begin as copies of it.
var prototypeThread = sync.OnceValue(func() *lua.LState {
	return lua.NewState(lua.Options{
		SkipOpenLibs:     true,
		CallStackSize:    1,
		RegistrySize:     128,
		RegistryMaxSize:  maxRegisters,
		RegistryGrowStep: 512,
	})
})

//go:linkname newAllocator github.com/yuin/gopher-lua.newAllocator
func newAllocator(size int) unsafe.Pointer

// newThread makes a thread of the globals G under this guard.
func (g *Guard) newThread(G *lua.Global, env *lua.LTable) *lua.LState {
	m := raw(prototypeThread())
	L := new(lua.LState)
	s := raw(L)
	*s = *m
	s.G, s.Env = G, env
	s.alloc = newAllocator(8) // few instructions still box numbers with it
	s.reg = &registry{
		array:   make([]lua.LValue, registers),
		growBy:  m.reg.growBy,
		maxSize: m.reg.maxSize,
		alloc:   s.alloc,
		handler: [2]unsafe.Pointer{m.reg.handler[0], unsafe.Pointer(L)},
	}
	s.stack = stackRef{m.stack.tab, &callStack{array: make([]callFrame, frames)}}
	s.ctx = g
	s.mainLoop = g.loop
	s.Panic = raise
	s.hasErrorFunc = true // otherwise an error closes the variables of frames that continue to run
	return L
}

// newMain makes the main thread with tables that are empty.
func (g *Guard) newMain() *lua.LState {
	env := &lua.LTable{Metatable: lua.LNil}
	G := &lua.Global{Registry: &lua.LTable{Metatable: lua.LNil}, Global: env}
	rawGlobal(G).builtinMts = map[int]lua.LValue{}
	rawTable(env).strdict = map[string]lua.LValue{} // gopher-lua would make room for 32
	L := g.newThread(G, env)
	G.MainThread, G.CurrentThread = L, L
	return L
}

// NewThread makes a coroutine that runs fn under the same budgets. There is no
// other way to make one.
func (g *Guard) NewThread(L *lua.LState, fn *lua.LFunction) *lua.LState {
	g.ChargeMemory(L, threadSize+frames*int(unsafe.Sizeof(callFrame{}))+registers*16)
	g.ChargeCPU(L, 100)
	th := g.newThread(L.G, L.Env)
	th.Push(fn)
	return th
}
