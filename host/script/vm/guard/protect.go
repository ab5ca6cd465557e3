package guard

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// pcall and xpcall are Lua functions. What they call runs in the same loop, so
// that it may yield. An error unwinds the loop to protected, which finds their
// frame, puts the error into its first register, and continues at the second
// return.

const builtinSource = `
local function pcall(f, ...) do return true, f(...) end return false, f end
local function xpcall(f, handler, ...) do return true, f(...) end return false, f end
`

type builtins struct {
	pcall, xpcall *lua.FunctionProto
	resume        int // the instruction at which both continue after an error
}

var builtin = sync.OnceValue(func() builtins {
	const name = "builtin"
	chunk, err := parse.Parse(strings.NewReader(builtinSource), name)
	if err != nil {
		panic(err)
	}
	main, err := lua.Compile(chunk, name)
	if err != nil {
		panic(err)
	}
	b := builtins{pcall: main.FunctionPrototypes[0], xpcall: main.FunctionPrototypes[1]}
	b.resume = afterReturn(b.pcall)
	if b.resume != afterReturn(b.xpcall) {
		panic("pcall and xpcall differ in length")
	}
	return b
})

// checkVariadic charges a call of a function with variable arguments that is
// about to run, and checks the arguments of pcall and xpcall.
func (g *Guard) checkVariadic(L *lua.LState, f *callFrame) {
	if f.Fn.Proto.IsVarArg&lua.VarArgNeedsArg != 0 {
		g.charge(L, 2800+16*int64(f.NArgs)) // the table called arg
	}
	if f.NArgs > 1 || scripted(f.Fn) {
		return
	}
	least := 1
	if f.Fn.Proto == builtin().xpcall {
		least = 2
	}
	if f.NArgs < least {
		_, name := f.calledAs()
		if name == "" {
			name = "?"
		}
		Raise(L, 2, "bad argument #"+strconv.Itoa(least)+" to '"+name+"' (value expected)")
	}
}

// afterReturn returns the instruction after a function's first return.
func afterReturn(p *lua.FunctionProto) int {
	for i, inst := range p.Code {
		if opcode(inst) == lua.OP_RETURN {
			return i + 1
		}
	}
	return 0
}

// catchingFrame returns the index of the innermost call frame of pcall or xpcall
// in the loop that began at frame index, or -1.
func catchingFrame(L *lua.LState, index int) int {
	b := builtin()
	for f := raw(L).currentFrame; f != nil && f.Idx >= index; f = f.Parent {
		switch f.Fn.Proto {
		case b.pcall, b.xpcall:
			if f.Pc > 0 && f.Pc < b.resume {
				return f.Idx
			}
		}
	}
	return -1
}

// unwinding charges raising an error and catching it.
const unwinding = 100

// catch makes the pcall at call frame index return the raised error.
func (g *Guard) catch(L *lua.LState, index, nest int, raised any) {
	e, ok := raised.(*lua.ApiError)
	if !ok {
		g.endByPanic(L, raised)
	}
	g.left -= unwinding
	s := raw(L)
	b := builtin()
	v := e.Object
	f := &s.stack.calls.array[index]
	if f.Fn.Proto == b.xpcall {
		v = g.callHandler(L, s.reg.array[f.LocalBase+1], v)
		f = &s.stack.calls.array[index] // it may have moved
	}
	g.nest = nest
	s.unwind(f)
	s.reg.array[f.LocalBase] = v
	f.Pc = b.resume
	L.G.CurrentThread = L
}

// unwind makes f the running function again.
func (s *state) unwind(f *callFrame) {
	s.closeUpvalues(f.LocalBase)
	s.stack.calls.sp = f.Idx + 1
	s.currentFrame = f
	s.reg.setTop(f.LocalBase + int(f.Fn.Proto.NumUsedRegisters))
}

// callHandler calls the handler of xpcall before the stack unwinds, so that it
// can see where the error was raised.
func (g *Guard) callHandler(L *lua.LState, handler, v lua.LValue) (result lua.LValue) {
	spare := g.spare
	g.spare = errNest * headroom
	result = lua.LString("error in error handling")
	defer func() {
		g.spare = spare
		if g.ended == nil {
			if r := recover(); r != nil {
				if _, ok := r.(*lua.ApiError); !ok {
					g.endByPanic(L, r)
				}
			}
		}
	}()
	if raw(L).stack.calls.full() {
		g.growCallStack(L)
	}
	L.Push(handler)
	L.Push(v)
	L.Call(1, 1)
	return L.Get(-1)
}

// endByPanic ends the script because Go panicked below it.
func (g *Guard) endByPanic(L *lua.LState, raised any) {
	file, line := Where(L)
	g.endScript(L, &InternalError{Value: raised, File: file, Line: line, Stack: debug.Stack()})
}

// Enter runs fn, which calls into Lua on L, and returns the error that was
// raised: nil, a *lua.ApiError for an error that a script could have caught, or
// the error that ended the script. It is the only way from Go into a state. It leaves L as it was.
func (g *Guard) Enter(L *lua.LState, fn func()) (err error, traceback string) {
	if g.ended != nil {
		return g.ended, ""
	}
	s := raw(L)
	sp, top, nest, floor := s.stack.calls.sp, s.reg.top, g.nest, g.floor
	current := L.G.CurrentThread
	index := -1
	if s.currentFrame != nil {
		index = s.currentFrame.Idx
	}
	if !g.watch.computing {
		g.startComputing()
		defer g.stopComputing()
	}
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		err, _ = r.(error)
		if _, ok := r.(runtime.Error); ok || err == nil {
			file, line := Where(L)
			err = &InternalError{Value: r, File: file, Line: line, Stack: debug.Stack()}
		}
		if _, ok := err.(*lua.ApiError); !ok {
			g.ended = err
		}
		traceback = Traceback(L, 0)
		s.closeUpvalues(top)
		s.stack.calls.sp = sp
		s.currentFrame = nil
		if index >= 0 {
			s.currentFrame = &s.stack.calls.array[index]
		}
		s.reg.setTop(min(top, s.reg.top))
		g.nest, g.floor = nest, floor
		L.G.CurrentThread = current
	}()
	if s.stack.calls.full() {
		g.growCallStack(L)
	}
	fn()
	return nil, ""
}

// baseError raises its argument, with the position that level asks for.
func baseError(L *lua.LState) int {
	v := L.Get(1)
	level := 1
	if n, ok := ToNumber(L, L.Get(2)); ok {
		level = int(n)
	}
	if n, ok := v.(lua.LNumber); ok && level > 0 {
		v = lua.LString(number.String(float64(n)))
	}
	if text, ok := v.(lua.LString); ok && level > 0 {
		Of(L).ChargeMemory(L, len(text)+64)
		v = lua.LString(position(L, level)) + text
	}
	Throw(L, v, nil)
	return 0
}
