package session

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// executeLate does what an application would do on a channel that is the script's no
// more. When it has hung up, FreeSWITCH runs for mod_lua those with the flag
// SAF_ZOMBIE_EXEC. From the event socket it takes none: nobody reads the commands of a
// channel whose socket application has ended (mod_event_socket.c:socket_function), and
// commands find no channel that is down
// (switch_core_rwlock.c:switch_core_session_read_lock). So an application that is an
// API command too is sent as that, variables stay with the script, and the log tells
// what was not done. On a call that has moved on, or will, these applications disturb
// nobody: the same is done, and variables are set.
func (s *Session) executeLate(a *vm.Args, app, arg string) error {
	if s.disconnected {
		return nil
	}
	arg, err := s.expand(a, arg)
	if err != nil {
		return s.classifyErr(err)
	}
	if err := s.set.env.Grants.CheckApp(app, arg); err != nil {
		return err
	}
	app = strings.ToLower(app)
	switch app {
	case "hash", "db", "group", "log", "system":
		return s.sendLate(a, app, app, arg)
	case "bgsystem":
		return s.sendLate(a, app, "bg_system", arg)
	case "set_global":
		name, value, _ := strings.Cut(arg, "=")
		return s.sendLate(a, app, "global_setvar", name+"="+syntax.Value(value))
	case "event":
		return s.fireLate(a, arg)
	case "set", "export", "bridge_export", "multiset", "unset", "multiunset":
		return s.setLate(a, app, arg)
	case "push", "unshift", "set_profile_var", "set_media_stats", "info", "rename", "transfer_vars", "hiredis_raw", "lua":
		s.notDone(app)
	}
	return nil // FreeSWITCH runs no other application on a channel that has hung up, and others wait for the channel
}

// sendLate sends an application as the API command that does the same.
func (s *Session) sendLate(a *vm.Args, app, command, arg string) error {
	_, err := s.call.API(a.Context(), command+" "+arg)
	var unsendable *esl.FieldError
	if errors.As(err, &unsendable) { // a line break
		s.notDone(app)
		return nil
	}
	return s.classifyErr(err)
}

// fireLate fires the event of the application event (mod_dptools.c:event_function).
func (s *Session) fireLate(a *vm.Args, arg string) error {
	name, headers := "CHANNEL_APPLICATION", [][2]string{}
	for _, pair := range syntax.Split(arg, ',', 25) {
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case strings.EqualFold(key, "Event-Name"):
			name = value
		case ok && value != "":
			headers = append(headers, [2]string{key, value})
		}
	}
	for key, value := range s.data(s.call.Snapshot()) {
		// A variable's name may hold what no header's name can, which must not keep the event back.
		nameable := strings.TrimSpace(key) == key && !strings.Contains(key, ":")
		if nameable && !strings.HasPrefix(key, "FreeSWITCH-") && value != "" {
			headers = append(headers, [2]string{key, breaks.Replace(value)})
		}
	}
	return s.classifyErr(s.set.env.Switch.SendEvent(a.Context(), name, headers, ""))
}

// breaks writes line ends as FreeSWITCH does in an event.
var breaks = strings.NewReplacer("\r", "%0D", "\n", "%0A")

// setLate keeps the variables that an application would set.
func (s *Session) setLate(a *vm.Args, app, arg string) error {
	list := []string{arg}
	if strings.HasPrefix(app, "multi") {
		delimiter := byte(' ')
		if strings.HasPrefix(arg, "^^") && len(arg) > 2 {
			delimiter, arg = arg[2], arg[3:]
		}
		list = syntax.Split(arg, delimiter, 256)
	}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok && strings.HasSuffix(app, "set") { // mod_dptools.c:base_set
			name, value, _ = strings.Cut(item, ",")
		}
		if strings.HasSuffix(app, "unset") {
			name, value = item, ""
		}
		value = syntax.Unescape(value) // base_set expands once more
		if err := s.setAnyway(a, name, value); err != nil {
			return err
		}
		if app != "export" || value == "" {
			continue
		}
		exports, err := s.value(a, "export_vars")
		if err == nil {
			err = s.setAnyway(a, "export_vars", strings.TrimPrefix(lua.LVAsString(exports)+","+name, ","))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setAnyway sets a variable of the channel or, after the hangup, keeps it.
func (s *Session) setAnyway(a *vm.Args, name, value string) error {
	if s.ended() {
		return s.keep(name, value)
	}
	return s.setChannelVariable(a, name, value)
}

// keep keeps a variable that is set after the hangup for the script.
func (s *Session) keep(name, value string) error {
	name = strings.ToLower(name)
	if _, ok := s.variables[name]; !ok && len(s.variables) >= maxVariables || len(name)+len(value) > maxVariableSize {
		return fmt.Errorf("after the hangup a script can set %d variables of %d bytes each", maxVariables, maxVariableSize)
	}
	s.remember(name, value)
	s.notDone("variable " + name)
	return nil
}

// remember has getVariable return a value after the hangup. The name is in lower case.
func (s *Session) remember(name, value string) {
	if s.variables == nil {
		s.variables = map[string]string{}
	}
	s.variables[name] = value
}

// data returns what FreeSWITCH has reported of the channel, with the variables that the
// script has set after the hangup.
func (s *Session) data(reported esl.Event) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, value := range reported.All() {
			if strings.HasPrefix(name, "Event-") || strings.HasPrefix(name, "Content-") {
				continue // of the event it came in
			}
			if variable, ok := strings.CutPrefix(name, "variable_"); ok {
				if _, set := s.variables[strings.ToLower(variable)]; set {
					continue
				}
			}
			if !yield(name, value) {
				return
			}
		}
		for name, value := range s.variables {
			if value != "" && !yield("variable_"+name, value) {
				return
			}
		}
	}
}

// notDone tells the admin, once for each call and name, what mod_lua would have done
// after the hangup.
func (s *Session) notDone(what string) {
	if s.said[what] || len(s.said) == maxVariables {
		return
	}
	if s.said == nil {
		s.said = map[string]bool{}
	}
	s.said[what] = true
	if name, ok := strings.CutPrefix(what, "variable "); ok {
		s.log().Warn("the call has hung up, so this variable stays with the script and is in no CDR; set it before the hangup", "variable", name)
		return
	}
	s.log().Warn("the call has hung up or moved on, so this application was not run: FreeSWITCH takes none over the event socket any more", "application", what)
}
