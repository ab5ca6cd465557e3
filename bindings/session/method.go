package session

import (
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// body is what a method does; a nil value returns nothing to Lua.
type body func(s *Session, a *vm.Args) (lua.LValue, error)

// plain makes a method that works without a channel too.
func plain(do body) func(a *vm.Args) error {
	return func(a *vm.Args) error {
		v, err := do(a.Self().(*Session), a)
		if v != nil {
			a.Return(v)
		}
		return err
	}
}

// live makes a method that needs a channel. Without one it logs and answers
// missing, as mod_lua's sanity_check does.
func live(missing lua.LValue, do body) func(a *vm.Args) error {
	return plain(func(s *Session, a *vm.Args) (lua.LValue, error) {
		if s.call == nil {
			s.log().Error("session is not initalized")
			return missing, nil
		}
		v, err := do(s, a)
		if s.failed != nil {
			err, s.failed = s.failed, nil
		}
		return v, err
	})
}

// blocking makes a live method that runs a pending hangup hook before and
// after, as mod_lua's begin_allow_threads and end_allow_threads do.
func blocking(missing lua.LValue, do body) func(a *vm.Args) error {
	return live(missing, func(s *Session, a *vm.Args) (lua.LValue, error) {
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
