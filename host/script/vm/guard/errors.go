package guard

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Raise raises a Lua error with the position of the function at level: 1 is the
// running function or, if that is a Go function, its caller; 2 is the caller of
// that. Level 0 adds no position.
func Raise(L *lua.LState, level int, message string) {
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(position(L, level) + message)})
}

// Throw raises any value as an error, as the function error does. cause is the
// Go error that caused it, or nil.
func Throw(L *lua.LState, v lua.LValue, cause error) {
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: v, Cause: cause})
}

// OwnPlace begins the names of eslua's own Lua, which no file of a script has.
const OwnPlace = "=eslua/"

// Where returns the line of the script that runs on L, also inside Go functions,
// functions of eslua's own Lua, and coroutines. file is "" if none runs.
func Where(L *lua.LState) (file string, line int) {
	for th := L; th != nil; th = th.Parent {
		for f := raw(th).currentFrame; f != nil; f = f.Parent {
			if scripted(f.Fn) && !strings.HasPrefix(f.Fn.Proto.SourceName, OwnPlace) {
				return f.Fn.Proto.SourceName, f.line()
			}
		}
	}
	return "", 0
}

// position returns the prefix of an error, as lauxlib.c:luaL_where, with level 1
// for the running instruction's function.
func position(L *lua.LState, level int) string {
	if level <= 0 {
		return ""
	}
	if f := raw(L).currentFrame; f != nil && !f.Fn.IsG {
		level--
	}
	if f := frameAt(L, level); f != nil && scripted(f.Fn) {
		return place(f.Fn.Proto.SourceName, f.line())
	}
	return ""
}

// frameAt returns the call frame at level, as ldebug.c:lua_getstack. It is nil
// also for a level lost to a tail call.
func frameAt(L *lua.LState, level int) *callFrame {
	f := raw(L).currentFrame
	for ; level > 0 && f != nil; f = f.Parent {
		level--
		if !f.Fn.IsG {
			level -= f.TailCall
		}
	}
	if level != 0 {
		return nil
	}
	return f
}

func (f *callFrame) line() int {
	p := f.Fn.Proto
	if f.Pc < 1 || f.Pc > len(p.DbgSourcePositions) {
		return p.LineDefined
	}
	return p.DbgSourcePositions[f.Pc-1]
}

// scripted reports whether fn is a script's function: no Go function, nor pcall
// or xpcall.
func scripted(fn *lua.LFunction) bool {
	b := builtin()
	return !fn.IsG && fn.Proto != b.pcall && fn.Proto != b.xpcall
}

// raise gives gopher-lua's own errors PUC Lua's texts. It is LState.Panic.
func raise(L *lua.LState) {
	reg := raw(L).reg
	v := lua.LValue(lua.LNil)
	if reg.top > 0 {
		v = reg.array[reg.top-1]
	}
	text, ok := v.(lua.LString)
	if !ok {
		Throw(L, v, nil)
	}
	message, placed := unplaced(L, string(text))
	if message == "registry overflow" || message == "stack overflow" {
		Of(L).overflow(L)
	}
	switch f := raw(L).currentFrame; {
	case f != nil && !f.Fn.IsG:
		Of(L).chargeNames(f, 1)
		message = reword(L, f, message)
	case !placed:
		Throw(L, text, nil) // LState.Error with level 0
	case strings.HasPrefix(message, nonTable):
		kind, _, _ := strings.Cut(message[len(nonTable):], ")")
		message = "attempt to index a " + kind + " value"
	}
	Raise(L, 1, message)
}

const nonTable = "attempt to index a non-table object("

// unplaced removes the position that LState.raiseError has added.
func unplaced(L *lua.LState, text string) (message string, placed bool) {
	for f := raw(L).currentFrame; f != nil; f = f.Parent {
		if !f.Fn.IsG {
			message, placed = strings.CutPrefix(text, f.Fn.Proto.SourceName+":"+strconv.Itoa(f.line())+":")
			return strings.TrimPrefix(message, " "), placed
		}
	}
	return strings.CutPrefix(text, " ") // no Lua function is running
}

// reword returns PUC Lua's text for an error of the running instruction.
func reword(L *lua.LState, f *callFrame, message string) string {
	inst := f.Fn.Proto.Code[f.Pc-1]
	a, b := argA(inst), argB(inst)
	reg := raw(L).reg.array
	at := func(i int) lua.LValue {
		if i&rk != 0 {
			return f.Fn.Proto.Constants[i&^rk]
		}
		if f.LocalBase+i < len(reg) && reg[f.LocalBase+i] != nil {
			return reg[f.LocalBase+i]
		}
		return lua.LNil
	}
	switch {
	case strings.HasPrefix(message, nonTable):
		kind, _, _ := strings.Cut(message[len(nonTable):], ")")
		switch opcode(inst) {
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
			if at(b).Type().String() == kind {
				return wrongType(f, "index", at(b), b) + explainNil(L, f, at(b), lua.LNil, b)
			}
		case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
			if at(a).Type().String() == kind {
				return wrongType(f, "index", at(a), a)
			}
		}
		return "attempt to index a " + kind + " value"
	case message == "attempt to call a non-function object":
		switch opcode(inst) {
		case lua.OP_CALL, lua.OP_TAILCALL:
			return wrongType(f, "call", at(a), a) + explainNil(L, f, at(a), at(a+1), a)
		case lua.OP_TFORLOOP:
			return wrongType(f, "call", at(a), rk)
		}
		return "attempt to call a value that is no function"
	case message == "__len undefined":
		return wrongType(f, "get length of", at(b), b)
	case strings.HasPrefix(message, "attempt to compare "):
		x, y, _ := strings.Cut(message[len("attempt to compare "):], " with ")
		if x == y {
			return "attempt to compare two " + x + " values"
		}
	case message == "too many recursions in gettable":
		return "loop in gettable"
	case message == "too many recursions in settable":
		return "loop in settable"
	}
	return message
}

// typeError raises that the running instruction cannot be done with v, its
// operand i.
func typeError(L *lua.LState, what string, v lua.LValue, i int) {
	f := raw(L).currentFrame
	Of(L).chargeNames(f, 1)
	Raise(L, 1, wrongType(f, what, v, i))
}

// explainNil returns the machine's explanation if v, in register i, is nil and the running
// instruction calls or indexes it, or if it is a global table that is called. self is the
// object of a method.
func explainNil(L *lua.LState, f *callFrame, v, self lua.LValue, i int) string {
	explain := Of(L).shared.Explain
	_, isTable := v.(*lua.LTable)
	if v != lua.LNil && !isTable || i&rk != 0 || explain == nil || !scripted(f.Fn) {
		return ""
	}
	if isTable {
		if sort, name := nameOf(f.Fn, f.Pc-1, i); sort == "global" {
			return explain(v, name)
		}
		return ""
	}
	switch sort, name := nameOf(f.Fn, f.Pc-1, i); sort {
	case "method":
		return explain(self, name)
	case "global":
		return explain(lua.LNil, name)
	case "field":
		at := lastSet(f.Fn.Proto, f.Pc-1, i)
		if sort, table := nameOf(f.Fn, at, argB(f.Fn.Proto.Code[at])); sort == "global" {
			if object, ok := L.G.Global.RawGetString(table).(*lua.LUserData); ok {
				return explain(object, name)
			}
			return explain(lua.LNil, table+"."+name)
		}
	}
	return ""
}

// wrongType returns the text of ldebug.c:luaG_typeerror.
func wrongType(f *callFrame, what string, v lua.LValue, i int) string {
	kind := v.Type().String()
	if i&rk == 0 && scripted(f.Fn) {
		if sort, name := nameOf(f.Fn, f.Pc-1, i); name != "" {
			return "attempt to " + what + " " + sort + " '" + name + "' (a " + kind + " value)"
		}
	}
	return "attempt to " + what + " a " + kind + " value"
}

// nameOf returns the source's name of register r of fn at pc, as
// ldebug.c:getobjname.
func nameOf(fn *lua.LFunction, pc, r int) (sort, name string) {
	p := fn.Proto
	if name := localName(p, r, pc); name != "" {
		return "local", name
	}
	at := lastSet(p, pc, r)
	if at < 0 {
		return "", ""
	}
	inst := p.Code[at]
	constant := func(i int) string {
		if i&rk != 0 {
			if s, ok := p.Constants[i&^rk].(lua.LString); ok {
				return string(s)
			}
		}
		return "?"
	}
	switch opcode(inst) {
	case lua.OP_GETGLOBAL:
		return "global", p.Constants[argBx(inst)].String()
	case lua.OP_MOVE, lua.OP_MOVEN:
		if b := argB(inst); b < r {
			return nameOf(fn, at, b)
		}
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
		return "field", constant(argC(inst))
	case lua.OP_GETUPVAL:
		if b := argB(inst); b < len(p.DbgUpvalues) {
			return "upvalue", p.DbgUpvalues[b]
		}
	case lua.OP_SELF:
		if argA(inst) == r {
			return "method", constant(argC(inst))
		}
	}
	return "", ""
}

// localName returns the local variable in register r, or "" for a temporary
// value.
func localName(p *lua.FunctionProto, r, pc int) string {
	for _, v := range p.DbgLocals {
		if v.StartPc > pc {
			break
		}
		if pc > v.EndPc {
			continue
		}
		if r == 0 {
			if strings.HasPrefix(v.Name, "(") {
				return "" // a loop's, or repair's
			}
			return v.Name
		}
		r--
	}
	return ""
}

// lastSet returns the instruction before pc that gave register r its value, as
// ldebug.c:symbexec, or -1 if none certainly did. A value may come from either side
// of "and" or "or".
func lastSet(p *lua.FunctionProto, pc, r int) int {
	last, skipped := -1, -1 // skipped: what is before it may not have happened
	for i := 0; i < pc; i++ {
		inst := p.Code[i]
		if to := i + 1 + argSbx(inst); opcode(inst) == lua.OP_JMP && to <= pc {
			skipped = max(skipped, to)
		}
		if sets(inst, r) {
			if last = i; i < skipped {
				last = -1
			}
		}
		if opcode(inst) == lua.OP_CLOSURE {
			i += int(p.FunctionPrototypes[argBx(inst)].NumUpvalues) // the moves that follow are part of it
		}
	}
	return last
}

// sets reports whether an instruction gives register r a value. Those of a loop are
// left out: its registers are local variables.
func sets(inst uint32, r int) bool {
	a, b := argA(inst), argB(inst)
	switch opcode(inst) {
	case lua.OP_LOADNIL:
		return a <= r && r <= b
	case lua.OP_SELF:
		return r == a || r == a+1
	case lua.OP_CALL, lua.OP_TAILCALL, lua.OP_VARARG:
		return r >= a
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_EQ, lua.OP_LT, lua.OP_LE,
		lua.OP_TEST, lua.OP_JMP, lua.OP_RETURN, lua.OP_SETLIST, lua.OP_CLOSE, lua.OP_NOP:
		return false
	}
	return a == r
}
