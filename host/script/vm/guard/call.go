package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// callLua does OP_CALL for a Lua function without variable arguments whose
// registers exist: most calls. It reports whether it did.
func (s *state) callLua(reg *registry, cf *callFrame, inst uint32) bool {
	at := cf.LocalBase + argA(inst)
	fn, ok := reg.array[at].(*lua.LFunction)
	if !ok || fn.IsG || fn.Proto.IsVarArg != 0 {
		return false
	}
	n := argB(inst) - 1
	if n < 0 {
		n = reg.top - at - 1
	}
	from, params, used := at+1, int(fn.Proto.NumParameters), int(fn.Proto.NumUsedRegisters)
	end := from + used
	if max(end, from+n) > len(reg.array) {
		return false
	}
	for i := from + min(n, params); i < end; i++ {
		reg.array[i] = lua.LNil
	}
	if last := max(reg.top, from+n); last > end {
		clear(reg.array[end:last])
	}
	reg.top = end
	calls := s.stack.calls
	f := &calls.array[calls.sp]
	f.Idx, f.Fn, f.Parent, f.Pc = calls.sp, fn, cf, 0
	f.Base, f.LocalBase, f.ReturnBase = at, from, at
	f.NArgs, f.NRet, f.TailCall = n, argC(inst)-1, 0
	calls.sp++
	s.currentFrame = f
	return true
}

// returnToLua does OP_RETURN from one Lua function to another in the same loop.
// It reports whether it did.
func (s *state) returnToLua(reg *registry, cf, base *callFrame, inst uint32) bool {
	b := argB(inst)
	to := cf.Parent
	if b == 0 || cf == base || to == nil || to.Fn.IsG {
		return false
	}
	given, wanted := b-1, cf.NRet
	if wanted == lua.MultRet {
		wanted = given
	}
	from, at, top := cf.LocalBase+argA(inst), cf.ReturnBase, reg.top
	if from+given > top || at+wanted > len(reg.array) {
		return false
	}
	for i := range wanted {
		if i < given {
			reg.array[at+i] = reg.array[from+i]
		} else {
			reg.array[at+i] = lua.LNil
		}
	}
	if reg.top = at + wanted; reg.top < top {
		clear(reg.array[reg.top:top])
	}
	s.stack.calls.sp--
	s.currentFrame = to
	return true
}

// callGo does OP_CALL for a Go function. It reports whether it did, and whether
// the function has yielded, which ends the loop.
func (g *Guard) callGo(L *lua.LState, reg *registry, cf *callFrame, inst uint32) (done, yielded bool) {
	at := cf.LocalBase + argA(inst)
	fn, ok := reg.array[at].(*lua.LFunction)
	if !ok || !fn.IsG {
		return false, false
	}
	n := argB(inst) - 1
	if n < 0 {
		n = reg.top - at - 1
	}
	wanted := argC(inst) - 1
	if at+1+max(n, wanted) > len(reg.array) {
		return false, false
	}
	return true, g.enterGo(L, reg, cf, fn, at, n, wanted)
}

// callSlow does the calls that callLua does not: of Go functions, of functions
// with variable arguments, of values with __call, and tail calls. It reports
// whether the loop must return.
func (g *Guard) callSlow(L *lua.LState, s *state, cf *callFrame, inst uint32, base *callFrame) (exit bool) {
	if opcode(inst) == lua.OP_TAILCALL {
		inst = g.tailCall(L, s.reg, cf, inst)
	}
	if opcode(inst) == lua.OP_CALL {
		if done, yielded := g.callGo(L, s.reg, cf, inst); done {
			return yielded
		}
	}
	if jumpTable[opcode(inst)](L, inst, base) == 1 {
		return true
	}
	if f := s.currentFrame; f.Pc == 0 && f.Fn.Proto.IsVarArg != 0 {
		g.checkVariadic(L, f)
	}
	return false
}

// tailCall prepares a tail call. A Go function is called as usual and the return
// that follows hands on its results, so it may yield. The arguments of a Lua
// function must fit the registers, or gopher-lua would panic.
func (g *Guard) tailCall(L *lua.LState, reg *registry, cf *callFrame, inst uint32) uint32 {
	at := cf.LocalBase + argA(inst)
	fn, ok := reg.array[at].(*lua.LFunction)
	if !ok || fn.IsG {
		return callOf(inst)
	}
	n := argB(inst) - 1
	if n < 0 {
		n = reg.top - at - 1
	}
	if at+2*n+int(fn.Proto.NumParameters)+int(fn.Proto.NumUsedRegisters)+headroom > maxRegisters {
		g.overflow(L)
	}
	raw(L).closeUpvalues(raw(L).currentFrame.LocalBase)
	return inst
}

// enterGo calls the Go function in register at, with the n arguments that follow
// it, and puts the wanted number of results there.
func (g *Guard) enterGo(L *lua.LState, reg *registry, cf *callFrame, fn *lua.LFunction, at, n, wanted int) (yielded bool) {
	end := at + 1 + n
	for i := reg.top; i < end; i++ {
		reg.array[i] = lua.LNil
	}
	if end < reg.top {
		clear(reg.array[end:reg.top])
	}
	reg.top = end
	s := raw(L)
	calls := s.stack.calls
	f := &calls.array[calls.sp]
	f.Idx, f.Fn, f.Parent, f.Pc = calls.sp, fn, cf, 0
	f.Base, f.LocalBase, f.ReturnBase = at, at+1, at
	f.NArgs, f.NRet, f.TailCall = n, wanted, 0
	calls.sp++
	s.currentFrame = f
	given := fn.GFunction(L)
	g.look(L)
	if given < 0 {
		switchToParentThread(L, L.GetTop(), false, false)
		return true
	}
	if wanted == lua.MultRet {
		wanted = given
	}
	top := reg.top
	from := top - given
	for i := range wanted {
		if i < given {
			reg.array[at+i] = reg.array[from+i]
		} else {
			reg.array[at+i] = lua.LNil
		}
	}
	if reg.top = at + wanted; reg.top < top {
		clear(reg.array[reg.top:top])
	}
	calls.sp--
	s.currentFrame = &calls.array[calls.sp-1]
	return false
}

// iterate does OP_TFORLOOP where the iterator is a Go function: most are. It
// reports whether it did. The iterator cannot yield, as it cannot where
// gopher-lua calls it.
func (g *Guard) iterate(L *lua.LState, s *state, reg *registry, cf *callFrame, inst uint32) bool {
	at := cf.LocalBase + argA(inst)
	fn, ok := reg.array[at].(*lua.LFunction)
	wanted := argC(inst)
	if !ok || !fn.IsG || at+6+wanted > len(reg.array) {
		return false
	}
	g.enterLoop(L)
	cf = s.currentFrame // it may have moved
	copy(reg.array[at+3:at+6], reg.array[at:at+3])
	reg.top = max(reg.top, at+6)
	g.enterGo(L, reg, cf, fn, at+3, 2, wanted)
	g.nest--
	cf = s.currentFrame
	if v := reg.array[at+3]; v != lua.LNil {
		reg.array[at+2] = v
		cf.Pc += argSbx(cf.Fn.Proto.Code[cf.Pc])
	}
	cf.Pc++
	return true
}
