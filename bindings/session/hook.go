package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A hangupHook holds the names of the globals that setHangupHook has given.
type hangupHook struct {
	function, argument string
	pending            bool
}

func setHangupHook(s *Session, a *vm.Args) (lua.LValue, error) {
	// A hook that is set after the hangup never runs.
	s.hook = hangupHook{function: a.String(0), argument: a.String(1), pending: a.Has(0) && !s.ended() && !s.transferred()}
	if s.hook.pending && s.checkpoint != nil { // it is the caller's session
		a.State().HasHangupHook()
	}
	return nil, nil
}

func (s *Session) transferred() bool { return s.transferTo != "" || s.call.Transferred() }

// runHook runs the hangup hook, once, if the channel has hung up or has been
// transferred (freeswitch_lua.cpp:do_hangup_hook). A hook that returns "exit" or
// "die" ends the script.
func (s *Session) runHook() error {
	if !s.hook.pending {
		return nil
	}
	why := "hangup"
	switch {
	case s.call.Transferred() || !s.ended() && s.transferred(): // it may have hung up since
		why = "transfer"
	case !s.ended():
		return nil
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
		if endsScript(err) {
			return err
		}
		s.set.env.CallbackFailed(err)
		s.log().Error("the hangup hook failed", "hook", s.hook.function, "error", err)
		return nil
	}
	verdict := firstText(results)
	s.remember("lua_hangup_hook_return_val", verdict)
	if strings.EqualFold(verdict, "exit") || strings.EqualFold(verdict, "die") {
		return vm.Barely(run.Exit(verdict))
	}
	return nil
}

// firstText returns the first result as lua_tostring does: only strings and
// numbers have a text.
func firstText(results []lua.LValue) string {
	if len(results) == 0 {
		return ""
	}
	switch results[0].(type) {
	case lua.LString, lua.LNumber:
		return results[0].String()
	}
	return ""
}

// endsScript reports whether an error of a callback must end the script: a limit,
// or an error that a method has raised.
func endsScript(err error) bool {
	var script *vm.ScriptError
	if !errors.As(err, &script) {
		return true
	}
	return script.Limit != "" || script.Cause != nil
}
