package guard

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	rk       = 1 << 8 // an operand's bit: constant, not register
	maxSbx   = 1<<17 - 1
	manyArgs = 64 // values moved at once that are worth a charge
)

// run is the main loop of every thread: gopher-lua calls it to run the
// topmost call frame until it returns. base is that frame, or nil to run
// until the thread ends.
func (g *Guard) run(L *lua.LState, base *callFrame) {
	s := raw(L)
	calls := s.stack.calls
	if calls.sp == 0 {
		return
	}
	s.currentFrame = &calls.array[calls.sp-1]
	index := -1
	if base != nil {
		index = base.Idx
	}
	g.enter(L)
	if s.currentFrame.Fn.IsG {
		callGFunction(L, false)
	} else {
		nest := g.nest
		for g.protected(L, index, nest) {
		}
	}
	g.nest--
}

// protected runs until the loop ends, or reports that an error was caught by
// a pcall in this loop, whose frame is then the current one.
func (g *Guard) protected(L *lua.LState, index, nest int) (again bool) {
	running := true
	defer func() {
		if running && g.dead == nil {
			if f := catcher(L, index); f >= 0 {
				g.caught(L, f, nest, recover())
				again = true
			}
		}
	}()
	g.execute(L, index)
	running = false
	return false
}

// execute is gopher-lua's loop with the accounting in it. Instructions that
// are frequent, allocate or read numbers otherwise than PUC Lua are done here,
// the rest by gopher-lua.
func (g *Guard) execute(L *lua.LState, index int) {
	s := raw(L)
	reg := s.reg
	calls := s.stack.calls
	grown := g.grown
	var base *callFrame
	if index >= 0 {
		base = &calls.array[index]
	}
	for {
		cf := s.currentFrame
		p := cf.Fn.Proto
		inst := p.Code[cf.Pc]
		cf.Pc++
		g.left--
		if g.left < 0 {
			g.tick(L)
		}
		op := opcode(inst)
		switch op {
		case lua.OP_MOVE:
			reg.set(cf.LocalBase+int(inst>>18&0xff), reg.array[cf.LocalBase+int(inst&0x1ff)])
			continue
		case lua.OP_MOVEN: // and the moves behind it
			reg.set(cf.LocalBase+int(inst>>18&0xff), reg.array[cf.LocalBase+int(inst&0x1ff)])
			for range int(inst >> 9 & 0x1ff) {
				inst = p.Code[cf.Pc]
				cf.Pc++
				reg.set(cf.LocalBase+int(inst>>18&0xff), reg.array[cf.LocalBase+int(inst&0x1ff)])
			}
			continue
		case lua.OP_LOADK:
			reg.set(cf.LocalBase+int(inst>>18&0xff), p.Constants[inst&0x3ffff])
			continue
		case lua.OP_GETUPVAL:
			reg.set(cf.LocalBase+int(inst>>18&0xff), rawUpvalue(cf.Fn.Upvalues[inst&0x1ff]).get())
			continue
		case lua.OP_GETGLOBAL:
			if v, ok := rawTable(cf.Fn.Env).strdict[rawProto(p).stringConstants[inst&0x3ffff]]; ok {
				reg.set(cf.LocalBase+int(inst>>18&0xff), v)
				continue
			}
			jumpTable[op](L, inst, base)
		case lua.OP_GETTABLEKS, lua.OP_SELF:
			if c := inst >> 9 & 0x1ff; c&rk != 0 {
				switch self := reg.array[cf.LocalBase+int(inst&0x1ff)].(type) {
				case *lua.LTable:
					if v, ok := rawTable(self).strdict[rawProto(p).stringConstants[c&^rk]]; ok {
						at := cf.LocalBase + int(inst>>18&0xff)
						reg.set(at, v)
						if op == lua.OP_SELF {
							reg.set(at+1, self)
						}
						continue
					}
				case lua.LString:
					if op != lua.OP_SELF {
						break
					}
					if fn := g.method(rawProto(p).stringConstants[c&^rk]); fn != nil {
						at := cf.LocalBase + int(inst>>18&0xff)
						v := reg.array[cf.LocalBase+int(inst&0x1ff)]
						reg.set(at, fn)
						reg.set(at+1, v)
						continue
					}
				}
			}
			jumpTable[op](L, inst, base)
		case lua.OP_TEST:
			if v := reg.array[cf.LocalBase+int(inst>>18&0xff)]; (v != lua.LNil && v != lua.LFalse) == (inst>>9&0x1ff == 0) {
				cf.Pc++
			}
			continue
		case lua.OP_JMP:
			cf.Pc += int(inst&0x3ffff) - maxSbx
			continue
		case lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
			b, c := operand(reg, cf, p, inst&0x1ff), operand(reg, cf, p, inst>>9&0x1ff)
			if x, ok := b.(lua.LNumber); ok {
				if y, ok := c.(lua.LNumber); ok {
					reg.set(cf.LocalBase+int(inst>>18&0xff), g.box(compute(op, x, y)))
					continue
				}
			}
			to := cf.LocalBase + int(inst>>18&0xff)
			reg.set(to, g.arith(L, inst, b, c))
		case lua.OP_UNM:
			b := operand(reg, cf, p, inst&0x1ff)
			to := cf.LocalBase + int(inst>>18&0xff)
			reg.set(to, g.negate(L, inst, b))
		case lua.OP_EQ:
			b, c := operand(reg, cf, p, inst&0x1ff), operand(reg, cf, p, inst>>9&0x1ff)
			if x, ok := b.(lua.LNumber); ok {
				y, ok := c.(lua.LNumber)
				skip(cf, inst, ok && x == y)
				continue
			}
			if x, ok := b.(lua.LString); ok {
				y, ok := c.(lua.LString)
				if len(x) > 4096 {
					g.left -= int64(len(x) / 64)
				}
				skip(cf, inst, ok && x == y)
				continue
			}
			if jumpTable[op](L, inst, base) == 1 {
				return
			}
		case lua.OP_LT, lua.OP_LE:
			b, c := operand(reg, cf, p, inst&0x1ff), operand(reg, cf, p, inst>>9&0x1ff)
			if x, ok := b.(lua.LNumber); ok {
				if y, ok := c.(lua.LNumber); ok {
					skip(cf, inst, x < y || op == lua.OP_LE && x == y)
					continue
				}
			}
			if x, ok := b.(lua.LString); ok {
				if y, ok := c.(lua.LString); ok {
					if len(x) > 4096 {
						g.left -= int64(len(x) / 64)
					}
					skip(cf, inst, x < y || op == lua.OP_LE && x == y)
					continue
				}
			}
			if jumpTable[op](L, inst, base) == 1 {
				return
			}
		case lua.OP_FORLOOP:
			at := cf.LocalBase + int(inst>>18&0xff)
			if i, ok := reg.array[at].(lua.LNumber); ok {
				limit, ok1 := reg.array[at+1].(lua.LNumber)
				step, ok2 := reg.array[at+2].(lua.LNumber)
				if ok1 && ok2 {
					if i += step; step > 0 && i <= limit || step <= 0 && i >= limit {
						v := g.box(i)
						reg.array[at] = v
						reg.set(at+3, v)
						cf.Pc += int(inst&0x3ffff) - maxSbx
						continue
					}
				}
			}
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_FORPREP:
			g.prepareFor(L, reg, cf.LocalBase+int(inst>>18&0xff))
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_GETTABLE:
			if t, ok := reg.array[cf.LocalBase+int(inst&0x1ff)].(*lua.LTable); ok {
				if n, ok := operand(reg, cf, p, inst>>9&0x1ff).(lua.LNumber); ok {
					array := rawTable(t).array
					if i := int(n) - 1; uint(i) < uint(len(array)) && lua.LNumber(i+1) == n && array[i] != lua.LNil {
						reg.set(cf.LocalBase+int(inst>>18&0xff), array[i])
						continue
					}
				}
			}
			if jumpTable[op](L, inst, base) == 1 {
				return
			}
		case lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_SETGLOBAL:
			if op == lua.OP_SETTABLE && store(reg, cf, p, inst) {
				continue
			}
			t := g.beforeSet(L, s, cf, inst)
			if t == nil {
				jumpTable[op](L, inst, base)
				break
			}
			keys := len(t.keys)
			jumpTable[op](L, inst, base)
			if len(t.keys) != keys {
				g.afterSet(L, t, keys)
			}
		case lua.OP_NEWTABLE:
			g.charge(L, int64(TableSize(int(inst&0x1ff), int(inst>>9&0x1ff))))
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_CLOSURE:
			g.charge(L, 96+int64(p.FunctionPrototypes[inst&0x3ffff].NumUpvalues)*88)
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_SETLIST:
			g.chargeList(L, reg, cf, inst)
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_CONCAT:
			lb := cf.LocalBase
			v := g.concat(L, lb+int(inst&0x1ff), lb+int(inst>>9&0x1ff))
			reg.set(lb+int(inst>>18&0xff), v)
		case lua.OP_LEN:
			v := operand(reg, cf, p, inst&0x1ff)
			if n := plainLen(v); n >= 0 {
				reg.set(cf.LocalBase+int(inst>>18&0xff), g.box(lua.LNumber(n)))
				continue
			}
			g.chargeLen(L, v)
			jumpTable[op](L, inst, base)
		case lua.OP_VARARG:
			if n := cf.NArgs - int(p.NumParameters); n > manyArgs {
				g.left -= int64(n / 8)
			}
			jumpTable[op](L, inst, base)
			continue
		case lua.OP_RETURN:
			if inst&0x1ff == 0 {
				if n := reg.top - cf.LocalBase; n > manyArgs {
					g.left -= int64(n / 8)
				}
			}
			if s.leave(reg, cf, base, inst) {
				continue
			}
			if jumpTable[op](L, inst, base) == 1 {
				return
			}
			continue
		case lua.OP_CALL, lua.OP_TAILCALL:
			if calls.full() {
				g.room(L)
				cf, base, grown = g.moved(s, cf, index)
			}
			if inst&0x1ff == 0 {
				if n := reg.top - cf.LocalBase; n > manyArgs {
					g.left -= int64(n / 8)
				}
			}
			if op == lua.OP_CALL {
				if s.call(reg, cf, inst) {
					continue
				}
			} else {
				inst = g.tailCall(L, reg, cf, inst)
			}
			if opcode(inst) == lua.OP_CALL {
				if done, yielded := s.callGo(L, reg, cf, inst); yielded {
					return
				} else if done {
					break
				}
			}
			if jumpTable[opcode(inst)](L, inst, base) == 1 {
				return
			}
			if f := s.currentFrame; f.Pc == 0 && f.Fn.Proto.IsVarArg != 0 {
				g.begin(L, f)
			}
		case lua.OP_TFORLOOP:
			if !g.next(L, s, reg, cf, inst) {
				jumpTable[op](L, inst, base)
			}
		default:
			if jumpTable[op](L, inst, base) == 1 {
				return
			}
		}
		if g.grown != grown {
			_, base, grown = g.moved(s, cf, index)
		}
	}
}

// moved finds the frames of a running loop again after a call stack moved.
// What the instruction did to the frame it knew is done to the one there is.
func (g *Guard) moved(s *state, cf *callFrame, index int) (frame, base *callFrame, grown int) {
	frames := s.stack.calls.array
	if frame = &frames[cf.Idx]; frame != cf {
		frame.Pc = cf.Pc
	}
	if index >= 0 {
		base = &frames[index]
	}
	return frame, base, g.grown
}

func operand(reg *registry, cf *callFrame, p *lua.FunctionProto, i uint32) lua.LValue {
	if i&rk != 0 {
		return p.Constants[i&^rk]
	}
	return reg.array[cf.LocalBase+int(i)]
}

// skip jumps over the next instruction when a comparison came out otherwise
// than the instruction's A says.
func skip(cf *callFrame, inst uint32, result bool) {
	if result != (inst>>18&0xff != 0) {
		cf.Pc++
	}
}

// plainLen is #v where nothing has to be asked or looked for, else -1.
func plainLen(v lua.LValue) int {
	switch v := v.(type) {
	case lua.LString:
		return len(v)
	case *lua.LTable:
		array := rawTable(v).array
		if n := len(array); n > 0 && array[n-1] != lua.LNil {
			if _, none := v.Metatable.(*lua.LNilType); none {
				return n
			}
		}
	}
	return -1
}

// store does t[n] = v where it changes an element that is there, or puts one
// behind the last where there is room, which is charged already.
func store(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	t, ok := reg.array[cf.LocalBase+int(inst>>18&0xff)].(*lua.LTable)
	if !ok {
		return false
	}
	n, ok := operand(reg, cf, p, inst&0x1ff).(lua.LNumber)
	if !ok {
		return false
	}
	array := rawTable(t).array
	i := int(n) - 1
	if lua.LNumber(i+1) != n {
		return false
	}
	if uint(i) < uint(len(array)) && array[i] != lua.LNil {
		array[i] = operand(reg, cf, p, inst>>9&0x1ff)
		return true
	}
	if i != len(array) || i >= cap(array) {
		return false
	}
	v := operand(reg, cf, p, inst>>9&0x1ff)
	if _, none := t.Metatable.(*lua.LNilType); !none || v == lua.LNil {
		return false
	}
	rawTable(t).array = append(array, v)
	return true
}

// tailCall prepares a tail call. A Go function is called in the ordinary way,
// the return that follows gives back its results; so it may yield. A Lua
// function's arguments must fit the registers, else gopher-lua panics.
func (g *Guard) tailCall(L *lua.LState, reg *registry, cf *callFrame, inst uint32) uint32 {
	at := cf.LocalBase + int(inst>>18&0xff)
	fn, ok := reg.array[at].(*lua.LFunction)
	if !ok || fn.IsG {
		return uint32(lua.OP_CALL)<<26 | inst&^(0x3f<<26)&^(0x1ff<<9)
	}
	n := int(inst&0x1ff) - 1
	if n < 0 {
		n = reg.top - at - 1
	}
	if at+2*n+int(fn.Proto.NumParameters)+int(fn.Proto.NumUsedRegisters)+headroom > maxRegisters {
		g.overflow(L)
	}
	return inst
}

func opcode(inst uint32) int { return int(inst >> 26) }
