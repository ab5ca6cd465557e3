package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// An instruction is an opcode in the upper 6 bits and the arguments A (8 bits),
// C and B (9 bits each), or A and Bx (18 bits), which sBx counts from -maxSbx.

const (
	rk     = 1 << 8 // an argument's bit: constant, not register
	maxSbx = 1<<17 - 1
)

func opcode(inst uint32) int { return int(inst >> 26) }
func argA(inst uint32) int   { return int(inst >> 18 & 0xff) }
func argB(inst uint32) int   { return int(inst & 0x1ff) }
func argC(inst uint32) int   { return int(inst >> 9 & 0x1ff) }
func argBx(inst uint32) int  { return int(inst & 0x3ffff) }
func argSbx(inst uint32) int { return argBx(inst) - maxSbx }

// callOf makes a tail call an ordinary call for any number of results.
func callOf(tailCall uint32) uint32 {
	return uint32(lua.OP_CALL)<<26 | tailCall&^(0x3f<<26)&^(0x1ff<<9)
}

// operand returns the constant or the register that argument i names.
func operand(reg *registry, cf *callFrame, p *lua.FunctionProto, i int) lua.LValue {
	if i&rk != 0 {
		return p.Constants[i&^rk]
	}
	return reg.array[cf.LocalBase+i]
}

// operands returns what the arguments B and C name.
func operands(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) (b, c lua.LValue) {
	return operand(reg, cf, p, argB(inst)), operand(reg, cf, p, argC(inst))
}
