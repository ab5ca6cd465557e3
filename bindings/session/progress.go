package session

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// progressHeader marks the events by which a leg tells how far it has come.
const progressHeader = "Eslua-Progress"

// hooks lists where FreeSWITCH has a leg do so (switch_channel.c: switch_channel_execute_on
// runs every variable whose name begins so).
var hooks = [][2]string{{"execute_on_ring_eslua", "ring"}, {"execute_on_pre_answer_eslua", "progress"}, {"execute_on_answer_eslua", "answer"}}

func setOnProgress(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return nil, errNoChannel
	}
	s.onProgress = a.Function(0)
	return nil, nil
}

// progressVars returns the variables of a leg that tells this channel how far it has come.
// FreeSWITCH sends us another channel's event if it names our channel as the owner of a
// job (mod_event_socket.c:event_handler), and one of this type without being asked.
func (s *Session) progressVars() (vars []syntax.Var) {
	id := s.call.UUID()
	if s.onProgress == lua.LNil || strings.ContainsAny(id, ", '\\=") {
		return nil
	}
	for _, hook := range hooks {
		vars = append(vars, syntax.Var{Name: hook[0], Value: "event Job-Owner-UUID=" + id + "," + progressHeader + "=" + hook[1]})
	}
	return vars
}

// withProgress returns the argument of bridge with these variables for every leg.
func (s *Session) withProgress(arg string) string {
	group := syntax.Variables(s.progressVars())
	if group == "" || strings.HasPrefix(arg, "%[") {
		return arg
	}
	if arg = strings.TrimLeft(arg, " "); strings.HasPrefix(arg, "<") || strings.Contains(arg, ":_:") {
		group = "<" + group[1:len(group)-1] + ">" // the other one would be for the first of them
	}
	return syntax.Unexpanded(group) + arg
}

// progressed gives the callback what a leg has told. If that ends the script, the bridge
// goes on until one of the two hangs up.
func (s *Session) progressed(ev esl.Event) {
	how := ev.Get(progressHeader)
	if how == "" || s.onProgress == lua.LNil || s.call == nil || ev.Get("Job-Owner-UUID") != s.call.UUID() {
		return
	}
	state := s.set.env.State
	if _, err := state.Call(s.onProgress, lua.LString(how), state.NewObject("Event", ev)); err != nil {
		s.callbackFailed("onProgress", err)
	}
}
