package session

import (
	"strconv"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// body runs a method; a nil value returns nothing to Lua.
type body func(s *Session, a *vm.Args) (lua.LValue, error)

// hungUp runs instead of a method once the channel has hung up.
type hungUp struct {
	runs   bool       // the body, all the same
	answer lua.LValue // else, without running the body
	alone  bool       // that is so after the hangup only, and not when the call has moved on
	doc    string
}

// returns makes a method answer v after the hangup, without running its body.
func returns(v lua.LValue) hungUp {
	doc := "Does nothing"
	switch v := v.(type) {
	case nil:
		return hungUp{doc: doc + "."}
	case lua.LString:
		return hungUp{answer: v, doc: doc + " and returns " + strconv.Quote(string(v)) + "."}
	}
	return hungUp{answer: v, doc: doc + " and returns " + v.String() + "."}
}

// runs lets a method's body run after the hangup too; doc says what it does.
func runs(doc string) hungUp { return hungUp{runs: true, doc: doc} }

// unlessMoved lets a method's body run when the call has moved on.
func (h hungUp) unlessMoved() hungUp {
	h.alone = true
	return h
}

// always completes a method that works without a channel too; the declaration
// says what it does after the hangup.
func always(f vm.Func, do body) vm.Func {
	f.Go = func(a *vm.Args) error {
		v, err := do(a.Self().(*Session), a)
		if v != nil {
			a.Return(v)
		}
		return err
	}
	return f
}

// live completes a method that needs a channel. Without one it logs and answers
// missing, as mod_lua's sanity_check does.
func live(f vm.Func, missing lua.LValue, after hungUp, do body) vm.Func {
	f.AfterHangup = after.doc
	return needChannel(f, missing, unlessEnded(after.unlessMoved(), do))
}

// blocking completes a live method that runs a pending hangup hook before and
// after, as mod_lua's begin_allow_threads and end_allow_threads do. Once the call has
// moved on, it answers as after the hangup.
func blocking(f vm.Func, missing lua.LValue, after hungUp, do body) vm.Func {
	f.AfterHangup = after.doc + " A hangup hook that has not run yet runs first."
	do = unlessEnded(after, do)
	return needChannel(f, missing, func(s *Session, a *vm.Args) (lua.LValue, error) {
		if err := s.runHook(); err != nil {
			return nil, err
		}
		v, err := do(s, a)
		if err != nil {
			return v, err
		}
		return v, s.runHook()
	})
}

func unlessEnded(after hungUp, do body) body {
	if after.runs {
		return do
	}
	return func(s *Session, a *vm.Args) (lua.LValue, error) {
		if after.alone && s.ended() || !after.alone && s.gone() {
			return after.answer, nil
		}
		return do(s, a)
	}
}

func needChannel(f vm.Func, missing lua.LValue, do body) vm.Func {
	return always(f, func(s *Session, a *vm.Args) (lua.LValue, error) {
		if s.call == nil {
			s.log().Error("session is not initalized")
			return missing, nil
		}
		v, err := do(s, a)
		if s.callbackErr != nil {
			err, s.callbackErr = s.callbackErr, nil
		}
		return v, err
	})
}
