package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// hangupHook is setHangupHook's: the names of two globals.
type hangupHook struct {
	function, argument string
	pending            bool
}

func setHangupHook(s *Session, a *vm.Args) (lua.LValue, error) {
	// One that is set after the hangup is never run.
	s.hook = hangupHook{function: a.String(0), argument: a.String(1), pending: a.Has(0) && !s.over() && !s.transferred()}
	return nil, nil
}

func (s *Session) transferred() bool { return s.transfer != "" || s.left }

// runHook runs the hangup hook if it is due: once, in the script's goroutine,
// when the channel has hung up or is on its way elsewhere
// (freeswitch_lua.cpp:do_hangup_hook). A hook that returns "exit" or "die"
// ends the script.
func (s *Session) runHook() error {
	if !s.hook.pending {
		return nil
	}
	why := "hangup"
	if !s.over() {
		if !s.transferred() {
			return nil
		}
		why = "transfer"
	}
	s.hook.pending = false
	s.input = inputCallback{}
	state := s.set.env.State
	args := []lua.LValue{s.object, lua.LString(why)}
	if s.hook.argument != "" {
		args = append(args, state.Global(s.hook.argument))
	}
	results, err := s.callGlobal(s.hook.function, args)
	if err != nil {
		if limit(err) {
			return err
		}
		s.log().Error("the hangup hook failed", "hook", s.hook.function, "error", err)
		return nil
	}
	verdict := text(results)
	if s.variables == nil {
		s.variables = map[string]string{}
	}
	s.variables["lua_hangup_hook_return_val"] = verdict
	if strings.EqualFold(verdict, "exit") || strings.EqualFold(verdict, "die") {
		return errors.New(verdict)
	}
	return nil
}

// text is the first result as lua_tostring sees it: only strings and numbers.
func text(results []lua.LValue) string {
	if len(results) == 0 {
		return ""
	}
	switch results[0].(type) {
	case lua.LString, lua.LNumber:
		return results[0].String()
	}
	return ""
}

// limit tells a script that must end from a callback that merely failed.
func limit(err error) bool {
	var script *vm.ScriptError
	if !errors.As(err, &script) {
		return true
	}
	return script.Limit != "" || script.Cause != nil
}
