package vm

import (
	"context"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// Eval runs a text that somebody types, while the script of the state does nothing, and
// returns its values as Lua writes them, "" if there are none. Its local variables are
// global ones. A limit, or the end of the context line, ends the text only, unless the state
// is Ended afterwards. The error is a *ScriptError.
func (s *State) Eval(line context.Context, name, text string) (values string, err error) {
	back := s.within(line)
	L := s.guard.L()
	raised, traceback := s.guard.Enter(L, func() {
		fn, wrong := guard.LoadTyped(L, text, name)
		if fn == nil {
			guard.Throw(L, lua.LString(wrong), nil)
		}
		top := L.GetTop()
		L.Push(fn)
		L.Call(0, lua.MultRet)
		w := writer{state: s, L: L}
		for i := top + 1; i <= L.GetTop(); i++ {
			w.add(L.Get(i))
		}
		values = w.String()
		L.SetTop(top)
	})
	back()
	if s.guard.Context.Err() == nil {
		s.guard.Revive()
	}
	err = scriptError(raised, traceback)
	if e, ok := raised.(*lua.ApiError); ok && e.Object.Type() == lua.LTTable {
		err.(*ScriptError).Message = "the error is " + s.written(L, e.Object)
	}
	return values, err
}

// written returns a value as Lua, as far as the limits allow it.
func (s *State) written(L *lua.LState, v lua.LValue) (text string) {
	_, _ = s.guard.Enter(L, func() {
		w := writer{state: s, L: L}
		w.add(v)
		text = w.String()
	})
	return text
}

// within has line end what the state does, besides its own context, until back is called.
func (s *State) within(line context.Context) (back func()) {
	outer := s.guard.Context
	ctx, cancel := context.WithCancelCause(outer)
	stop := context.AfterFunc(line, func() { cancel(context.Cause(line)) })
	s.guard.Context = ctx
	return func() {
		stop()
		cancel(nil)
		s.guard.Context = outer
	}
}
