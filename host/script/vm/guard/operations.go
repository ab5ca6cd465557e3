package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// These functions execute the common cases of instructions without gopher-lua. The
// ones that return a bool report whether they have executed the instruction; if
// not, gopher-lua does.

// numbers returns b and c if both are numbers.
func numbers(b, c lua.LValue) (x, y lua.LNumber, ok bool) {
	if x, ok = b.(lua.LNumber); ok {
		y, ok = c.(lua.LNumber)
	}
	return x, y, ok
}

// chargeMany charges moving n values, if they are many.
func (g *Guard) chargeMany(n int) {
	if n > manyArgs {
		g.left -= int64(n / 8)
	}
}

// moveN executes a move and the moves that follow it.
func moveN(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) {
	reg.set(cf.LocalBase+argA(inst), reg.array[cf.LocalBase+argB(inst)])
	for range argC(inst) {
		inst = p.Code[cf.Pc]
		cf.Pc++
		reg.set(cf.LocalBase+argA(inst), reg.array[cf.LocalBase+argB(inst)])
	}
}

// getIndex does a = t[n] for an element of the array.
func getIndex(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	t, ok := reg.array[cf.LocalBase+argB(inst)].(*lua.LTable)
	if !ok {
		return false
	}
	n, ok := operand(reg, cf, p, argC(inst)).(lua.LNumber)
	if !ok {
		return false
	}
	array := rawTable(t).array
	i := int(n) - 1
	if uint(i) >= uint(len(array)) || lua.LNumber(i+1) != n || array[i] == lua.LNil {
		return false
	}
	reg.set(cf.LocalBase+argA(inst), array[i])
	return true
}

// getField does a = t.name where the table itself has the field.
func getField(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	c := argC(inst)
	t, ok := reg.array[cf.LocalBase+argB(inst)].(*lua.LTable)
	if !ok || c&rk == 0 {
		return false
	}
	name := rawProto(p).stringConstants[c&^rk]
	if len(name) > longKey {
		return false
	}
	v, ok := rawTable(t).strdict[name]
	if ok {
		reg.set(cf.LocalBase+argA(inst), v)
	}
	return ok
}

// getMethod does a, a+1 = self.name, self for a string, and for a table that
// has the field itself.
func (g *Guard) getMethod(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	c := argC(inst)
	if c&rk == 0 {
		return false
	}
	var fn lua.LValue
	self := reg.array[cf.LocalBase+argB(inst)]
	name := rawProto(p).stringConstants[c&^rk]
	if len(name) > longKey {
		return false
	}
	switch v := self.(type) {
	case *lua.LTable:
		fn = rawTable(v).strdict[name]
	case lua.LString:
		fn = g.method(name)
	}
	if fn == nil {
		return false
	}
	at := cf.LocalBase + argA(inst)
	reg.set(at, fn)
	reg.set(at+1, self)
	return true
}

// assign lets gopher-lua assign to a field, and charges what the table grows.
func (g *Guard) assign(L *lua.LState, s *state, cf *callFrame, inst uint32, base *callFrame) {
	t := g.prepareSet(L, s, cf, inst)
	if t == nil {
		jumpTable[opcode(inst)](L, inst, base)
		return
	}
	keys := len(t.keys)
	jumpTable[opcode(inst)](L, inst, base)
	if len(t.keys) != keys {
		g.chargeKeys(L, t, keys)
	}
}

// equal compares numbers and strings.
func (g *Guard) equal(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	b, c := operands(reg, cf, p, inst)
	switch x := b.(type) {
	case lua.LNumber:
		y, ok := c.(lua.LNumber)
		skip(cf, inst, ok && x == y)
	case lua.LString:
		g.chargeText(x)
		y, ok := c.(lua.LString)
		skip(cf, inst, ok && x == y)
	default:
		return false
	}
	return true
}

// lessText compares two strings with < or <=.
func (g *Guard) lessText(cf *callFrame, inst uint32, b, c lua.LValue) bool {
	x, ok := b.(lua.LString)
	if !ok {
		return false
	}
	y, ok := c.(lua.LString)
	if !ok {
		return false
	}
	g.chargeText(x)
	skip(cf, inst, x < y || opcode(inst) == lua.OP_LE && x == y)
	return true
}

// chargeText charges the comparison of a long string.
func (g *Guard) chargeText(x lua.LString) {
	if len(x) > 4096 {
		g.left -= int64(len(x) / 64)
	}
}

// skip jumps over the next instruction if the result of a comparison is not what
// the instruction's A expects.
func skip(cf *callFrame, inst uint32, result bool) {
	if result != (argA(inst) != 0) {
		cf.Pc++
	}
}

// forLoop begins the next turn of a numeric loop. gopher-lua ends the loop.
func (g *Guard) forLoop(reg *registry, cf *callFrame, inst uint32) bool {
	at := cf.LocalBase + argA(inst)
	i, ok := reg.array[at].(lua.LNumber)
	if !ok {
		return false
	}
	limit, step, ok := numbers(reg.array[at+1], reg.array[at+2])
	if !ok {
		return false
	}
	i += step
	if !(step > 0 && i <= limit || step <= 0 && i >= limit) {
		return false
	}
	v := g.box(i)
	reg.array[at] = v
	reg.set(at+3, v)
	cf.Pc += argSbx(inst)
	return true
}

// length does #v for a string, and for a table whose array has no nil at its
// end and no metatable.
func (g *Guard) length(L *lua.LState, reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	v := operand(reg, cf, p, argB(inst))
	n := -1
	switch v := v.(type) {
	case lua.LString:
		n = len(v)
	case *lua.LTable:
		array := rawTable(v).array
		last := len(array)
		if last > 0 && array[last-1] != lua.LNil {
			if _, none := v.Metatable.(*lua.LNilType); none {
				n = last
			}
		} else if last > 64 {
			g.ChargeCPU(L, last/16) // gopher-lua looks back over the nils
		}
	}
	if n < 0 {
		return false
	}
	reg.set(cf.LocalBase+argA(inst), g.box(lua.LNumber(n)))
	return true
}

// setIndex does t[n] = v if it changes an existing element, or appends one within
// the capacity, which is charged already.
func setIndex(reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) bool {
	t, ok := reg.array[cf.LocalBase+argA(inst)].(*lua.LTable)
	if !ok {
		return false
	}
	n, ok := operand(reg, cf, p, argB(inst)).(lua.LNumber)
	if !ok {
		return false
	}
	array := rawTable(t).array
	i := int(n) - 1
	if lua.LNumber(i+1) != n {
		return false
	}
	if uint(i) < uint(len(array)) && array[i] != lua.LNil {
		array[i] = operand(reg, cf, p, argC(inst))
		return true
	}
	if i != len(array) || i >= cap(array) {
		return false
	}
	v := operand(reg, cf, p, argC(inst))
	if _, none := t.Metatable.(*lua.LNilType); !none || v == lua.LNil {
		return false
	}
	rawTable(t).array = append(array, v)
	return true
}
