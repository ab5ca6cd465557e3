package grant

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// speaks reports an application that only says, plays or logs its argument or
// reads digits: nothing of it is kept or expanded a second time, so that a
// caller's name with ${...} in it passes when it is escaped. What begins with
// an expansion might come to begin with a scope; phrase: goes through a macro,
// which expands.
func speaks(app, data string) bool {
	switch strings.ToLower(strings.TrimSpace(app)) {
	case "log", "speak", "say", "playback", "loop_playback", "endless_playback", "record", "read", "send_dtmf", "queue_dtmf":
		return !strings.HasPrefix(data, "$") && !strings.HasPrefix(data, "%") && !strings.HasPrefix(data, "[") &&
			!strings.Contains(strings.ToLower(data), "phrase:")
	}
	return false
}

// scoped cuts the %[name=value,...] off that any application's argument may
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

// app checks an application and, where an application takes applications,
// extensions, dial strings or variables, those too.
func (c *check) app(name, data, where string) error {
	if err := c.enter(Application, where); err != nil {
		return err
	}
	defer c.leave()
	_, data = scoped(data)
	name, data = strings.ToLower(strings.TrimSpace(holed(name))), holed(data)
	if name == "" {
		return nil
	}
	if app, arg, ok := strings.Cut(name, "::"); ok { // switch_core_session_execute_application_get_flags
		return c.app(app, strings.TrimSpace(arg+" "+data), where)
	}
	if name == "socket" && c.home(data) {
		return nil
	}
	if err := c.named(Application, name, data, where); err != nil {
		return err
	}
	if where == "" {
		where = strings.TrimSpace(name + " " + data)
	}
	switch name {
	case "set", "push", "unshift", "set_global", "set_profile_var", "export", "bridge_export":
		return c.pairs([]string{data}, where)
	case "multiset":
		return c.multiset(data, where)
	case "transfer":
		return c.transfer(syntax.Split(data, ' ', c.most(4)), 0, where)
	case "execute_extension", "deflect":
		return c.transfer(syntax.Split(data, ' ', c.most(4)), 0, where)
	case "sched_transfer":
		return c.transfer(syntax.Split(data, ' ', c.most(4)), 1, where)
	case "play_and_get_digits":
		return c.failure(syntax.Split(data, ' ', c.most(11)), where)
	case "limit":
		return c.limit(syntax.Split(data, ' ', c.most(7)), 4, where)
	case "limit_hash":
		return c.limit(syntax.Split(data, ' ', c.most(6)), 3, where)
	case "limit_execute":
		w := syntax.Split(data, ' ', c.most(6))
		if len(w) == 5 { // the form without a backend (switch_limit_backwards_compat_flag)
			return c.appAt(w, 3, where)
		}
		return c.appAt(w, 4, where)
	case "limit_hash_execute":
		return c.appAt(syntax.Split(data, ' ', c.most(5)), 3, where)
	case "tone_detect":
		return c.appAt(syntax.Split(data, ' ', c.most(7)), 4, where)
	case "spandsp_start_fax_detect":
		return c.appAt(syntax.Split(data, ' ', c.most(4)), 0, where)
	case "broadcast":
		return c.broadcastAt(syntax.Split(data, ' ', c.most(4)), 0, where)
	case "sched_broadcast":
		return c.broadcastAt(syntax.Split(data, ' ', c.most(6)), 1, where)
	case "bind_meta_app":
		return c.broadcastAt(syntax.Split(data, ' ', c.most(4)), 3, where)
	case "soft_hold":
		w := syntax.Split(data, ' ', c.most(3))
		return first(c.broadcastAt(w, 1, where), c.broadcastAt(w, 2, where))
	case "bind_digit_action":
		f := syntax.Split(data, ',', c.most(6))
		for i := 2; i < len(f) && (i == 2 || c.loose); i++ {
			if err := c.digitAction(f[i], word(f, i+1), where); err != nil {
				return err
			}
		}
		return nil
	case "event":
		return c.grants.CheckEvent()
	case "curl":
		return c.web(data, where)
	}
	if speaks(name, data) {
		return nil
	}
	return c.dial(data)
}

// failure is play_and_get_digits' last argument, where a failure transfers to.
func (c *check) failure(w []string, where string) error {
	if c.loose {
		return c.anyTarget(w, " ", where)
	}
	return c.transfer(syntax.Split(word(w, 10), ' ', 4), 0, where)
}

// most is how many words to split off: all of them where quotes are gone.
func (c *check) most(n int) int {
	if c.loose {
		return maxFound
	}
	return n
}

// written refuses what the switch puts in up to word last: it could hold a
// blank and so move every word behind it.
func (c *check) written(w []string, last int, where string) error {
	for i := 0; i <= last && i < len(w); i++ {
		if unknown(w[i]) && !c.grants.Apps.everything() {
			return unknowable(Application, w[i], where)
		}
	}
	return nil
}

// appAt is an application and its argument among words; it need not be there,
// and some commands take a number in its place.
func (c *check) appAt(w []string, at int, where string) error {
	if err := c.written(w, at, where); err != nil {
		return err
	}
	if c.loose {
		return c.anyApp(w, where)
	}
	if strings.Trim(word(w, at), "0123456789+-") == "" {
		return nil
	}
	return c.app(w[at], word(w, at+1), where)
}

func (c *check) broadcastAt(w []string, at int, where string) error {
	if err := c.written(w, at-1, where); err != nil {
		return err
	}
	if c.loose {
		return c.anyApp(w, where)
	}
	return c.broadcast(word(w, at), where)
}

// anyApp takes every word for the application or the app::data.
func (c *check) anyApp(w []string, where string) error {
	if c.grants.Apps.Only != nil {
		return unreadable(Application, "an application's name behind quotes", where)
	}
	for i, name := range w {
		if err := c.count(name); err != nil {
			return err
		}
		name, _, _ = strings.Cut(name, "::")
		name, _, _ = strings.Cut(name, "!")
		if err := c.app(name, strings.Join(w[i+1:], " "), where); err != nil {
			return err
		}
	}
	return nil
}

// limit may transfer what exceeds it; with "!" it hangs up.
func (c *check) limit(w []string, at int, where string) error {
	if strings.HasPrefix(word(w, at), "!") {
		return nil
	}
	return c.transfer(w, at, where)
}

// multiset sets several variables, split at blanks or at the x of a leading ^^x.
func (c *check) multiset(data, where string) error {
	delim := " "
	if strings.HasPrefix(data, "^^") && len(data) > 2 {
		delim, data = data[2:3], data[3:]
	}
	return c.pairs(strings.Split(data, delim), where)
}

// pairs are name=value or, as set takes it too, name,value.
func (c *check) pairs(list []string, where string) error {
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

// digitAction is mod_dptools.c:digit_action_callback: exec:app, exec[flags]:app
// and api:command, with their argument in the next field.
func (c *check) digitAction(action, value, where string) error {
	lower := strings.ToLower(action)
	switch {
	case unknown(action):
		return unknowable(Application, action, where)
	case strings.HasPrefix(lower, "api:"):
		return c.api(action[4:]+" "+value, where)
	case strings.HasPrefix(lower, "exec:"):
		return c.broadcast(action[5:]+"::"+value, where)
	case strings.HasPrefix(lower, "exec["):
		if _, app, ok := strings.Cut(action, "]:"); ok {
			return first(c.app(app, value, where), c.broadcast(app+"::"+value, where))
		}
	}
	return nil
}

// home reports that socket's argument leads to this eslua only.
func (c *check) home(data string) bool {
	hosts := word(strings.Fields(data), 0)
	for _, host := range strings.Split(hosts, "|") {
		address, _, _ := strings.Cut(host, "/")
		if !slices.Contains(c.grants.Own, address) {
			return false
		}
	}
	return true
}
