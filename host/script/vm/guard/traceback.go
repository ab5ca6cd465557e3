package guard

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Of a deep stack, db_errorfb shows the levels before shownFirst and the last
// shownLast.
const (
	shownFirst = 12
	shownLast  = 10
)

// Traceback lists the calls that run on L from level on, the innermost first,
// as PUC Lua does.
func Traceback(L *lua.LState, level int) string {
	first := frameAt(L, level)
	end := level
	for f := first; f != nil; f = f.Parent {
		end++
	}
	var b strings.Builder
	b.WriteString("stack traceback:")
	for f := first; f != nil; f, level = f.Parent, level+1 {
		if end > shownFirst+shownLast+1 && level >= shownFirst && level < end-shownLast {
			if level == shownFirst {
				b.WriteString("\n\t...")
			}
			continue
		}
		b.WriteString("\n\t" + f.describe())
		if !f.Fn.IsG && f.TailCall > 0 {
			b.WriteString("\n\t(tail call): ?")
		}
	}
	return b.String()
}

// chargeNames charges finding the names that the innermost frames from f on call
// things by: that goes through the instructions of each function.
func (g *Guard) chargeNames(f *callFrame, frames int) {
	for ; f != nil && frames > 0; f, frames = f.Parent, frames-1 {
		if !f.Fn.IsG {
			g.left -= int64(f.Pc)
		}
	}
}

func (f *callFrame) describe() string {
	if !scripted(f.Fn) {
		if _, name := f.calledAs(); name != "" {
			return "[C]: in function '" + name + "'"
		}
		return "[C]: ?"
	}
	p := f.Fn.Proto
	at := p.SourceName + ":" + strconv.Itoa(f.line()) + ": in "
	if f.main() {
		return at + "main chunk"
	}
	if _, name := f.calledAs(); name != "" {
		return at + "function '" + name + "'"
	}
	return at + "function <" + p.SourceName + ":" + strconv.Itoa(p.LineDefined) + ">"
}

func (f *callFrame) main() bool { return !f.Fn.IsG && f.Fn.Proto.LineDefined == 0 }

// calledAs returns the name by which the calling instruction calls f's function.
func (f *callFrame) calledAs() (sort, name string) {
	caller := f.Parent
	if caller == nil || caller.Fn.IsG || !scripted(caller.Fn) || caller.Pc < 1 || !f.Fn.IsG && f.TailCall > 0 {
		return "", ""
	}
	p, pc := caller.Fn.Proto, caller.Pc-1
	inst := p.Code[pc]
	switch opcode(inst) {
	case lua.OP_CALL, lua.OP_TAILCALL, lua.OP_TFORLOOP:
	default:
		return "", ""
	}
	register := argA(inst)
	sort, name = nameOf(caller.Fn, pc, register)
	for _, call := range p.DbgCalls { // the compiler knows better than the registers
		if call.Pc == pc && call.Name != "" && !strings.ContainsAny(call.Name, "(<?") {
			name = call.Name
			if at := lastSet(p, pc, register); at >= 0 && opcode(p.Code[at]) == lua.OP_SELF {
				sort = "method"
			}
		}
	}
	return sort, name
}

// Debug returns the debug library without the functions that change anything.
// All states share its functions.
func Debug() map[string]lua.LValue {
	return map[string]lua.LValue{
		"getinfo":   GoFunction(debugGetinfo),
		"traceback": GoFunction(debugTraceback),
	}
}

// thread returns the optional first argument of debug's functions, and how many
// arguments it takes.
func thread(L *lua.LState) (th *lua.LState, args int) {
	if th, ok := L.Get(1).(*lua.LState); ok {
		return th, 1
	}
	return L, 0
}

func debugTraceback(L *lua.LState) int {
	th, args := thread(L)
	level := 0
	if th == L {
		level = 1
	}
	switch v := L.Get(args + 1).(type) {
	case lua.LString, lua.LNumber:
	default:
		if L.GetTop() > args {
			L.Push(v) // a value that is not a message is returned unchanged
			return 1
		}
	}
	if n, ok := ToNumber(L, L.Get(args+2)); ok {
		level = int(n)
	}
	g := Of(L)
	g.ChargeCPU(L, 50+raw(th).stack.calls.sp)
	g.chargeNames(raw(th).currentFrame, shownFirst+shownLast)
	text := Traceback(th, level)
	if message := L.Get(args + 1); message != lua.LNil {
		g.ChargeMemory(L, textSize(message)+len(text))
		text = textOf(message) + "\n" + text
	}
	g.ChargeMemory(L, len(text)+24)
	L.Push(lua.LString(text))
	return 1
}

// debugGetinfo returns where a function was defined and which line runs. It gives
// no access to the function's variables.
func debugGetinfo(L *lua.LState) int {
	th, args := thread(L)
	var f *callFrame
	var fn *lua.LFunction
	switch v := L.Get(args + 1).(type) {
	case *lua.LFunction:
		fn = v
	default:
		n, ok := ToNumber(L, v)
		if !ok {
			ArgError(L, args+1, "function or level expected")
		}
		if f = frameAt(th, int(n)); f == nil {
			return 0
		}
		fn = f.Fn
	}
	what := "flnSu"
	if s, ok := L.Get(args + 2).(lua.LString); ok {
		what = string(s)
	}
	if strings.Trim(what, "flnSuL") != "" {
		ArgError(L, args+2, "invalid option")
	}
	Of(L).ChargeMemory(L, 4096)
	t := L.CreateTable(0, 10)
	text := func(k, v string) { t.RawSetString(k, lua.LString(v)) }
	number := func(k string, v int) { t.RawSetString(k, lua.LNumber(v)) }
	if strings.Contains(what, "S") {
		if !scripted(fn) {
			text("source", "=[C]")
			text("short_src", "[C]")
			text("what", "C")
			number("linedefined", -1)
			number("lastlinedefined", -1)
		} else {
			p := fn.Proto
			source, short := Of(L).source(p.SourceName)
			text("source", source)
			text("short_src", short)
			text("what", "Lua")
			if p.LineDefined == 0 {
				text("what", "main")
			}
			number("linedefined", p.LineDefined)
			number("lastlinedefined", p.LastLineDefined)
		}
	}
	if strings.Contains(what, "l") {
		number("currentline", -1)
		if f != nil && scripted(fn) {
			number("currentline", f.line())
		}
	}
	if strings.Contains(what, "n") {
		text("namewhat", "")
		if f != nil {
			if sort, name := f.calledAs(); name != "" {
				text("namewhat", sort)
				text("name", name)
			}
		}
	}
	if strings.Contains(what, "u") {
		number("nups", len(fn.Upvalues))
	}
	if strings.Contains(what, "f") {
		t.RawSetString("func", fn)
	}
	L.Push(t)
	return 1
}

// source returns where a function was defined, as lua_getinfo does: the path of a file
// after an @, and that path or its end alone.
func (g *Guard) source(name string) (source, short string) {
	switch {
	case strings.HasPrefix(name, "[string "), strings.HasPrefix(name, "..."):
		return name, name
	case strings.HasPrefix(name, "/"):
	case !strings.HasSuffix(name, ".lua"):
		return "=" + name, name // a name that load was given
	case g.Services.Path != nil:
		name = g.Services.Path(name)
	}
	return "@" + name, shortSource("@" + name)
}

func textOf(v lua.LValue) string { return string(appendText(nil, v)) }
