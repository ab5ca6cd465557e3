package guard

import (
	lua "github.com/yuin/gopher-lua"
)

const manyArgs = 64 // values moved at once that are worth a charge

// run runs the topmost call frame until it returns; gopher-lua calls it as the main
// loop of every thread. base is that frame, or nil to run until the thread ends.
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
	g.enterLoop(L)
	if s.currentFrame.Fn.IsG {
		callGFunction(L, false)
		g.look(L)
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
		if running && g.ended == nil {
			if f := catchingFrame(L, index); f >= 0 {
				g.catch(L, f, nest, recover())
				again = true
			}
		}
	}()
	g.execute(L, index)
	running = false
	return false
}

// execute runs instructions with the accounting. It does those itself that are
// frequent, that allocate, or that gopher-lua does otherwise than PUC Lua;
// gopher-lua does the others.
func (g *Guard) execute(L *lua.LState, index int) {
	s := raw(L)
	reg, calls, grown := s.reg, s.stack.calls, g.grown
	size := len(reg.array)
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
			g.settleSlice(L)
		}
		op, done := opcode(inst), false
		switch op {
		case lua.OP_MOVE:
			reg.set(cf.LocalBase+argA(inst), reg.array[cf.LocalBase+argB(inst)])
			continue
		case lua.OP_MOVEN:
			moveN(reg, cf, p, inst)
			continue
		case lua.OP_LOADK:
			reg.set(cf.LocalBase+argA(inst), p.Constants[argBx(inst)])
			continue
		case lua.OP_GETUPVAL:
			reg.set(cf.LocalBase+argA(inst), rawUpvalue(cf.Fn.Upvalues[argB(inst)]).get())
			continue
		case lua.OP_JMP:
			cf.Pc += argSbx(inst)
			continue
		case lua.OP_TEST:
			if v := reg.array[cf.LocalBase+argA(inst)]; (v != lua.LNil && v != lua.LFalse) == (argC(inst) == 0) {
				cf.Pc++
			}
			continue
		case lua.OP_GETGLOBAL:
			var v lua.LValue
			name := rawProto(p).stringConstants[argBx(inst)]
			if len(name) > longKey {
				g.chargeLookup(L, cf.Fn.Env, lua.LString(name), "__index")
			}
			if v, done = rawTable(cf.Fn.Env).strdict[name]; done {
				reg.set(cf.LocalBase+argA(inst), v)
				continue
			}
		case lua.OP_GETTABLE:
			if done = getIndex(reg, cf, p, inst); !done {
				g.chargeGet(L, reg, cf, p, inst)
			}
		case lua.OP_GETTABLEKS:
			if done = getField(reg, cf, p, inst); !done {
				g.chargeGet(L, reg, cf, p, inst)
			}
		case lua.OP_SELF:
			if done = g.getMethod(reg, cf, p, inst); !done {
				g.chargeGet(L, reg, cf, p, inst)
			}
		case lua.OP_SETTABLE:
			if setIndex(reg, cf, p, inst) {
				continue
			}
			g.assign(L, s, cf, inst, base)
			done = true
		case lua.OP_SETTABLEKS, lua.OP_SETGLOBAL:
			g.assign(L, s, cf, inst, base)
			done = true
		case lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
			b, c := operands(reg, cf, p, inst)
			if x, y, ok := numbers(b, c); ok {
				reg.set(cf.LocalBase+argA(inst), g.box(compute(op, x, y)))
				continue
			}
			to := cf.LocalBase + argA(inst)
			reg.set(to, g.arith(L, inst, b, c))
			done = true
		case lua.OP_UNM:
			to := cf.LocalBase + argA(inst)
			reg.set(to, g.negate(L, inst, operand(reg, cf, p, argB(inst))))
			done = true
		case lua.OP_EQ:
			done = g.equal(reg, cf, p, inst)
		case lua.OP_LT, lua.OP_LE:
			b, c := operands(reg, cf, p, inst)
			if x, y, ok := numbers(b, c); ok {
				skip(cf, inst, x < y || op == lua.OP_LE && x == y)
				continue
			}
			done = g.lessText(cf, inst, b, c)
		case lua.OP_FORLOOP:
			done = g.forLoop(reg, cf, inst)
		case lua.OP_FORPREP:
			g.prepareFor(L, reg, cf.LocalBase+argA(inst))
		case lua.OP_NEWTABLE:
			g.charge(L, int64(TableSize(argB(inst), argC(inst))))
		case lua.OP_CLOSURE:
			g.charge(L, 96+int64(p.FunctionPrototypes[argBx(inst)].NumUpvalues)*88)
		case lua.OP_SETLIST:
			g.chargeList(L, reg, cf, inst)
		case lua.OP_CONCAT:
			lb := cf.LocalBase
			v := g.concat(L, lb+argB(inst), lb+argC(inst))
			reg.set(lb+argA(inst), v)
			done = true
		case lua.OP_LEN:
			done = g.length(L, reg, cf, p, inst)
		case lua.OP_VARARG:
			g.chargeMany(cf.NArgs - int(p.NumParameters))
		case lua.OP_RETURN:
			if argB(inst) == 0 {
				g.chargeMany(reg.top - cf.LocalBase)
			}
			if s.uvcache != nil {
				s.closeUpvalues(cf.LocalBase)
			}
			done = s.returnToLua(reg, cf, base, inst)
		case lua.OP_CLOSE:
			s.closeUpvalues(cf.LocalBase + argA(inst))
			continue
		case lua.OP_CALL, lua.OP_TAILCALL:
			if calls.full() {
				g.growCallStack(L)
				cf, base, grown = g.moved(s, cf, index)
			}
			if argB(inst) == 0 {
				g.chargeMany(reg.top - cf.LocalBase)
			}
			if op == lua.OP_CALL && s.callLua(reg, cf, inst) {
				continue
			}
			if g.callSlow(L, s, cf, inst, base) {
				return
			}
			done = true
		case lua.OP_TFORLOOP:
			done = g.iterate(L, s, reg, cf, inst)
		}
		if !done && jumpTable[op](L, inst, base) == 1 {
			return
		}
		if g.grown != grown {
			_, base, grown = g.moved(s, cf, index)
		}
		if len(reg.array) != size {
			size = len(reg.array)
			g.charge(L, 16*int64(size))
		}
	}
}

// moved returns the frames of a running loop after a call stack moved. What the
// instruction did to the old frame is done to the new one.
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
