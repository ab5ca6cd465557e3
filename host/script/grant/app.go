package grant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// isSpoken reports whether an application only says, plays or logs its argument or
// reads digits. Such an argument is neither stored nor expanded a second time, so
// that a caller's name with ${...} in it passes when it is escaped. One that begins
// with an expansion may turn out to begin with a scope, and phrase: goes through a
// macro, which expands.
func isSpoken(app, data string) bool {
	switch strings.ToLower(strings.TrimSpace(app)) {
	case "log", "speak", "say", "playback", "loop_playback", "endless_playback", "record", "read", "send_dtmf", "queue_dtmf":
		return !strings.HasPrefix(data, "$") && !strings.HasPrefix(data, "%") && !strings.HasPrefix(data, "[") &&
			!strings.Contains(strings.ToLower(data), "phrase:")
	}
	return false
}

// scoped splits off the %[name=value,...] that any application's argument may
// begin with (switch_core_session.c:switch_core_session_exec).
func scoped(data string) (scope, rest string) {
	open := strings.IndexByte(data, '[')
	if !strings.HasPrefix(data, "%") || open != 1 && open != 2 {
		return "", data
	}
	depth := 0
	for i := open; i < len(data); i++ {
		switch data[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return data[:i+1], data[i+1:]
			}
		}
	}
	return "", data
}

// appArguments are the applications that take applications or extensions at fixed
// places.
var appArguments = map[string][]argument{
	"transfer":                 {{extension, 4, 0}},
	"execute_extension":        {{extension, 4, 0}},
	"deflect":                  {{extension, 4, 0}},
	"sched_transfer":           {{extension, 4, 1}},
	"limit":                    {{overflow, 7, 4}},
	"limit_hash":               {{overflow, 6, 3}},
	"limit_hash_execute":       {{application, 5, 3}},
	"tone_detect":              {{application, 7, 4}},
	"spandsp_start_fax_detect": {{application, 4, 0}},
	"broadcast":                {{broadcastApp, 4, 0}},
	"sched_broadcast":          {{broadcastApp, 6, 1}},
	"bind_meta_app":            {{broadcastApp, 4, 3}},
	"soft_hold":                {{broadcastApp, 3, 1}, {broadcastApp, 3, 2}},
}

// app checks an application and the applications, extensions, dial strings and
// variables in its argument.
func (c check) app(name, data, where string) error {
	c, err := c.nested(Application, where)
	if err != nil {
		return err
	}
	_, data = scoped(data)
	name, data = strings.ToLower(strings.TrimSpace(holed(name))), holed(data)
	if name == "" {
		return nil
	}
	if app, arg, ok := strings.Cut(name, "::"); ok { // switch_core_session_execute_application_get_flags
		return c.app(app, strings.TrimSpace(arg+" "+data), where)
	}
	if name == "socket" && c.leadsHome(data) {
		return nil
	}
	if err := c.permit(Application, name, data, where); err != nil {
		return err
	}
	if where == "" {
		where = strings.TrimSpace(name + " " + data)
	}
	if list, ok := appArguments[name]; ok {
		return c.arguments(list, data, where)
	}
	switch name {
	case "set", "push", "unshift", "set_global", "set_profile_var", "export", "bridge_export":
		return c.pairs([]string{data}, where)
	case "multiset":
		return c.multiset(data, where)
	case "play_and_get_digits":
		return c.failure(syntax.Split(data, ' ', c.wordLimit(11)), where)
	case "limit_execute":
		at := 4
		if words := syntax.Split(data, ' ', c.wordLimit(6)); len(words) == 5 { // the form without a backend (switch_limit_backwards_compat_flag)
			at = 3
		}
		return c.arguments([]argument{{application, 6, at}}, data, where)
	case "bind_digit_action":
		return c.digitActions(syntax.Split(data, ',', c.wordLimit(6)), where)
	case "event":
		return c.grants.CheckEvent()
	case "curl":
		return c.web(data, where)
	}
	if isSpoken(name, data) {
		return nil
	}
	return c.dial(data)
}

// failure checks the last argument of play_and_get_digits, to which a failure
// transfers the call.
func (c check) failure(w []string, where string) error {
	if c.unquoted {
		return c.anyTarget(w, " ", where)
	}
	return c.transfer(syntax.Split(wordAt(w, 10), ' ', 4), 0, where)
}

// multiset sets several variables, split at blanks or at the x of a leading ^^x.
func (c check) multiset(data, where string) error {
	delim := " "
	if strings.HasPrefix(data, "^^") && len(data) > 2 {
		delim, data = data[2:3], data[3:]
	}
	return c.pairs(strings.Split(data, delim), where)
}

// pairs checks name=value or, which set accepts too, name,value.
func (c check) pairs(list []string, where string) error {
	for _, pair := range list {
		at := strings.IndexByte(pair, '=')
		if at < 0 {
			at = strings.IndexByte(pair, ',')
		}
		if at < 0 {
			at = len(pair)
		}
		if err := c.variable(pair[:at], strings.TrimLeft(pair[at:], "=,"), where); err != nil {
			return err
		}
	}
	return nil
}

// digitActions reads the argument of bind_digit_action, whose third field is the
// action.
func (c check) digitActions(fields []string, where string) error {
	for i := 2; i < len(fields) && (i == 2 || c.unquoted); i++ {
		if err := c.digitAction(fields[i], wordAt(fields, i+1), where); err != nil {
			return err
		}
	}
	return nil
}

// digitAction reads mod_dptools.c:digit_action_callback: exec:app, exec[flags]:app
// and api:command, with their argument in the next field.
func (c check) digitAction(action, value, where string) error {
	lower := strings.ToLower(action)
	switch {
	case isUnknown(action):
		return unknowable(Application, action, where)
	case strings.HasPrefix(lower, "api:"):
		return c.api(action[4:]+" "+value, where)
	case strings.HasPrefix(lower, "exec:"):
		return c.broadcast(action[5:]+"::"+value, where)
	case strings.HasPrefix(lower, "exec["):
		if _, app, ok := strings.Cut(action, "]:"); ok {
			return cmp.Or(c.app(app, value, where), c.broadcast(app+"::"+value, where))
		}
	}
	return nil
}

// leadsHome reports whether the argument of socket leads to this eslua only.
func (c check) leadsHome(data string) bool {
	if _, rest, _ := strings.Cut(data, " "); c.unquoted && strings.Contains(rest, "|") {
		return false // quotes may have joined the words, and a later host with the first
	}
	hosts := syntax.SocketHosts(data)
	return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(h syntax.SocketHost) bool {
		return !slices.Contains(c.grants.Own, h.Name+":"+h.Port)
	})
}
