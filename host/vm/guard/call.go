package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// call does OP_CALL where a Lua function without variable arguments is called
// and its registers are there: most calls. It reports whether it did.
func (s *state) call(reg *registry, cf *callFrame, inst uint32) bool {
	at := cf.LocalBase + int(inst>>18&0xff)
	fn, ok := reg.array[at].(*lua.LFunction)
	if !ok || fn.IsG || fn.Proto.IsVarArg != 0 {
		return false
	}
	n := int(inst&0x1ff) - 1
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
	*f = callFrame{
		Idx: calls.sp, Fn: fn, Parent: cf, Base: at, LocalBase: from, ReturnBase: at,
		NArgs: n, NRet: int(inst>>9&0x1ff) - 1,
	}
	calls.sp++
	s.currentFrame = f
	return true
}

// leave does OP_RETURN from one Lua function to another in the same loop. It
// reports whether it did.
func (s *state) leave(reg *registry, cf, base *callFrame, inst uint32) bool {
	b := int(inst & 0x1ff)
	to := cf.Parent
	if b == 0 || cf == base || s.uvcache != nil || to == nil || to.Fn.IsG {
		return false
	}
	given, wanted := b-1, cf.NRet
	if wanted == lua.MultRet {
		wanted = given
	}
	from, at, top := cf.LocalBase+int(inst>>18&0xff), cf.ReturnBase, reg.top
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
