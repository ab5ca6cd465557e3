package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// Coroutines are gopher-lua's threads, started and resumed here: under the
// state's guard, with call stacks that start small, and with PUC Lua's error
// texts. A coroutine may yield across pcall, which runs in the coroutine's own
// loop, but not across a metamethod, an iterator or a Go function that calls
// back, because these have Go frames in between.

// resume moves nargs values from the top of L to th and runs it until it
// yields, ends or fails. Its n results are on top of L.
func (g *Guard) resume(L, th *lua.LState, nargs int) (n int, err *lua.ApiError) {
	s, t := raw(L), raw(th)
	switch {
	case th.Dead:
		return 0, plainError("cannot resume dead coroutine")
	case L.G.CurrentThread == th:
		return 0, plainError("cannot resume running coroutine")
	case th.Parent != nil || th == g.main:
		return 0, plainError("cannot resume normal coroutine")
	case g.nest >= maxNest:
		return 0, plainError("C stack overflow")
	}
	if n := t.reg.top + nargs + headroom; n > cap(t.reg.array) {
		g.ChargeMemory(L, 16*(n+512))
	}
	top := s.reg.top - nargs
	begin := t.currentFrame == nil && t.reg.top == 1
	args := nargs
	if !begin && t.currentFrame != nil {
		args = resultsWanted(t.currentFrame, nargs)
	}
	for i := range args {
		v := lua.LValue(lua.LNil)
		if i < nargs {
			v = s.reg.array[top+i]
		}
		th.Push(v)
	}
	s.reg.setTop(top)
	th.Parent = L
	L.G.CurrentThread = th
	nest, floor := g.nest, g.floor
	g.floor = nest
	if err = g.runThread(th, begin, nargs); err != nil {
		t.closeUpvalues(0)
		th.Dead = true
	} else if th.Parent != nil { // it ended without a Lua function that returns
		n := t.reg.top
		th.Parent, th.Dead = nil, true
		L.Push(lua.LTrue)
		for i := range n {
			L.Push(t.reg.array[i])
		}
	}
	th.Parent = nil
	L.G.CurrentThread = L
	g.nest, g.floor = nest, floor
	if err != nil {
		s.reg.setTop(top)
		return 0, err
	}
	// switchToParentThread has put true before the values
	n = s.reg.top - top - 1
	copy(s.reg.array[top:], s.reg.array[top+1:s.reg.top])
	s.reg.setTop(top + n)
	return n, nil
}

// runThread runs th until it yields or ends. It returns an error that a script
// may catch.
func (g *Guard) runThread(th *lua.LState, begin bool, nargs int) (err *lua.ApiError) {
	ended := false
	defer func() {
		if ended || g.ended != nil {
			return
		}
		r := recover()
		e, ok := r.(*lua.ApiError)
		if !ok {
			g.endByPanic(th, r)
		}
		err = e
	}()
	if begin {
		th.Call(nargs, lua.MultRet)
	} else {
		g.run(th, nil)
	}
	ended = true
	return nil
}

// resultsWanted returns how many of n values the call that yielded gets.
func resultsWanted(f *callFrame, n int) int {
	if f.Fn.IsG || f.Pc < 1 {
		return n
	}
	inst := f.Fn.Proto.Code[f.Pc-1]
	if c := argC(inst); opcode(inst) == lua.OP_CALL && c > 0 {
		return c - 1
	}
	return n
}

func plainError(message string) *lua.ApiError {
	return &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(message)}
}

// Coroutine returns the coroutine library. All states share its functions.
func Coroutine() map[string]lua.LValue {
	return map[string]lua.LValue{
		"create":  GoFunction(coCreate),
		"resume":  GoFunction(coResume),
		"running": GoFunction(coRunning),
		"status":  GoFunction(coStatus),
		"wrap":    GoFunction(coWrap),
		"yield":   GoFunction(coYield),
	}
}

// GoFunction returns a Lua function that states may share: it has no
// environment.
func GoFunction(fn lua.LGFunction) *lua.LFunction { return &lua.LFunction{IsG: true, GFunction: fn} }

func coCreate(L *lua.LState) int {
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok {
		ArgError(L, 1, "Lua function expected")
	}
	L.Push(Of(L).NewThread(L, fn))
	return 1
}

func coResume(L *lua.LState) int {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		ArgError(L, 1, "coroutine expected")
	}
	n, err := Of(L).resume(L, th, L.GetTop()-1)
	if err != nil {
		L.Push(lua.LFalse)
		L.Push(err.Object)
		return 2
	}
	L.Insert(lua.LTrue, L.GetTop()-n+1)
	return n + 1
}

func coWrap(L *lua.LState) int {
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok {
		ArgError(L, 1, "Lua function expected")
	}
	g := Of(L)
	g.ChargeMemory(L, 250)
	L.Push(L.NewClosure(resumeWrapped, g.NewThread(L, fn)))
	return 1
}

func resumeWrapped(L *lua.LState) int {
	th := L.Get(lua.UpvalueIndex(1)).(*lua.LState)
	n, err := Of(L).resume(L, th, L.GetTop())
	if err != nil {
		if s, ok := err.Object.(lua.LString); ok { // lbaselib.c:auxwrap
			Throw(L, lua.LString(position(L, 1))+s, err.Cause)
		}
		panic(err)
	}
	return n
}

func coYield(L *lua.LState) int {
	if g := Of(L); L == g.main || g.nest != g.floor+1 {
		Raise(L, 0, "attempt to yield across metamethod/C-call boundary")
	}
	return -1
}

func coRunning(L *lua.LState) int {
	if L == Of(L).main {
		L.Push(lua.LNil)
	} else {
		L.Push(L)
	}
	return 1
}

func coStatus(L *lua.LState) int {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		ArgError(L, 1, "coroutine expected")
	}
	switch {
	case th.Dead:
		L.Push(lua.LString("dead"))
	case L.G.CurrentThread == th:
		L.Push(lua.LString("running"))
	case th.Parent != nil || th == Of(L).main:
		L.Push(lua.LString("normal"))
	default:
		L.Push(lua.LString("suspended"))
	}
	return 1
}
