package grant

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// isSpoken reports whether an application only says, plays or logs its argument or
// reads digits. Such an argument is neither stored nor expanded, so that a caller's
// name with ${...} in it passes. phrase: goes through a macro, which expands; so does
// the extension that is the eleventh word of play_and_get_digits.
func isSpoken(app, data string) bool {
	switch strings.ToLower(strings.TrimSpace(app)) {
	case "log", "speak", "say", "playback", "loop_playback", "endless_playback", "record", "read", "send_dtmf", "queue_dtmf":
		return !strings.Contains(strings.ToLower(data), "phrase:")
	case "play_and_get_digits":
		return !strings.Contains(strings.ToLower(data), "phrase:") && len(syntax.Split(data, ' ', 11)) < 11
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

// crashEmpty lists the applications that read an argument which is not there: seen with
// each on FreeSWITCH 1.11.
var crashEmpty = set(`digit_action_set_realm loop_playback preprocess record_session_mask record_session_pause record_session_resume
	record_session_unmask stop_displace_session stop_record_session`)

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

// app checks an application that FreeSWITCH executes later, when it expands the
// argument: text has looked for ${...}, so that only escapes are left.
func (c check) app(name, data, where string) error {
	return c.expanded(name, syntax.Unescape(data), where)
}

// expanded checks an application and the applications, extensions, dial strings and
// variables in its argument.
func (c check) expanded(name, data, where string) error {
	c, err := c.nested(where)
	if err != nil {
		return err
	}
	_, data = scoped(data)
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return nil
	}
	if app, arg, ok := strings.Cut(name, "::"); ok { // switch_core_session_execute_application_get_flags
		return c.app(app, strings.TrimSpace(arg+" "+data), where)
	}
	if name == "socket" && c.leadsHome(data) {
		return c.handedOn(data, where)
	}
	if err := c.permit(Application, name, data, where); err != nil {
		return err
	}
	if where == "" {
		where = strings.TrimSpace(name + " " + data)
	}
	if crashEmpty[name] && strings.TrimSpace(data) == "" {
		if err := c.named(Application, name, "empty", crashes, where); err != nil {
			return err
		}
	}
	if err := c.filesOf(Application, name, data, where); err != nil {
		return err
	}
	if sent[name] {
		if err := c.oneLine(data); err != nil {
			return err
		}
	}
	known, err := c.appArgument(name, data, where)
	if known || err != nil || isSpoken(name, data) {
		return err
	}
	return c.dial(data)
}

// appArgument checks the argument of an application, and reports whether it has a
// form that is known here.
func (c check) appArgument(name, data, where string) (known bool, err error) {
	if list, ok := appArguments[name]; ok {
		return true, c.arguments(list, data, where)
	}
	switch name {
	case "set", "push", "unshift", "set_global", "set_profile_var", "export", "bridge_export":
		return true, c.pairs([]string{data}, where)
	case "multiset":
		return true, c.multiset(data, where)
	case "capture":
		w := syntax.Split(data, '|', c.wordLimit(3))
		if bare := strings.ToLower(stripQuotes(wordAt(w, 1))); strings.Contains(bare, "inline") || strings.Contains(bare, "::") {
			if err := c.unclear("part", "FreeSWITCH would cut out a part of a text", where); err != nil {
				return true, err
			}
		}
		return true, cmp.Or(c.unknownValue(wordAt(w, 0), where), c.stored(wordAt(w, 1), where), c.carried(wordAt(w, 0), wordAt(w, 1), where))
	case "strftime":
		name, format, _ := strings.Cut(data, "=")
		if strings.Contains(format, "%") { // it may make any word
			return true, cmp.Or(c.unknownValue(name, where), c.stored(format, where))
		}
		return true, c.variable(name, format, where)
	case "hash", "db":
		return true, c.kept(data, where)
	case "send_display", "set_name":
		return true, c.stored(data, where)
	case "phrase", "speak":
		return true, nil
	case "fifo":
		return true, c.queue(data, where)
	case "conference":
		return true, c.enter(data, where)
	case "voicemail":
		return true, c.mailbox(data, where)
	case "bridge", "att_xfer", "page":
		c.legs(data)
		return true, c.dial(data)
	case "group":
		return true, c.group(Application, data, where)
	case "callcenter":
		return true, c.dial(data)
	case "valet_park":
		return true, c.valet(data, where)
	case "directory":
		return true, c.directory(data, where)
	case "play_and_get_digits":
		w := syntax.Split(data, ' ', c.wordLimit(11))
		return true, cmp.Or(c.digitsInto(w, 7, where), c.failure(w, where))
	case "read":
		return true, c.digitsInto(syntax.Split(data, ' ', c.wordLimit(6)), 3, where)
	case "limit_execute":
		at := 4
		if words := syntax.Split(data, ' ', c.wordLimit(6)); len(words) == 5 { // the form without a backend (switch_limit_backwards_compat_flag)
			at = 3
		}
		return true, c.arguments([]argument{{application, 6, at}}, data, where)
	case "bind_digit_action":
		return true, c.digitActions(syntax.Split(data, ',', c.wordLimit(6)), where)
	case "record":
		c.records(wordAt(syntax.Split(data, ' ', 4), 1))
		return true, c.recorded(data, where)
	case "record_session":
		c.records(strings.TrimPrefix(wordAt(syntax.Split(data, ' ', 4), 1), "+"))
		return true, c.recorded(data, where)
	case "record_fsv", "rxfax":
		c.records("")
		return true, c.written(Application, name, data, where)
	case "enum":
		return true, c.lookup(Application, name, data, where)
	case "event":
		return true, c.event(data)
	case "gentones":
		return true, cmp.Or(c.tones(data, where), c.dial(data))
	case "conference_set_auto_outcall":
		c.legs(data)
		return true, c.dial(data)
	}
	return false, nil
}

// directory checks the dialplan to which mod_directory transfers the caller.
func (c check) directory(data, where string) error {
	w := syntax.Split(data, ' ', c.wordLimit(6))
	for i := 2; i < len(w); i++ {
		if dialplan := strings.ToLower(w[i]); strings.Contains(dialplan, "inline") || strings.Contains(dialplan, "lua") {
			if err := c.target(anything, w[i], where); err != nil {
				return err
			}
		}
	}
	return nil
}

// failure checks the last argument of play_and_get_digits, to which a failure
// transfers the call.
func (c check) failure(w []string, where string) error {
	if c.unquoted {
		return c.anyTarget(w, " ", where)
	}
	return c.transfer(syntax.Split(wordAt(w, 10), ' ', 4), 0, where)
}

// digitsInto checks the variable, named by a word, that is set to the digits that the
// caller enters, or that the script sends in the caller's place.
func (c check) digitsInto(w []string, at int, where string) error {
	if !c.unquoted {
		return c.unknownValue(wordAt(w, at), where)
	}
	for _, name := range w {
		if err := c.unknownValue(name, where); err != nil {
			return err
		}
	}
	return nil
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

// handedOn checks the channels that the path of a socket names: the flow there may act
// on what its arguments name.
func (c check) handedOn(data, where string) error {
	for _, host := range syntax.SocketHosts(data) {
		if err := c.namedIn(host.Path, where); err != nil {
			return err
		}
	}
	return nil
}

// namedIn checks the channels that a path of a socket names.
func (c check) namedIn(path, where string) error {
	for _, uuid := range uuids.FindAllString(urlDecoded(path), -1) {
		if err := c.channel(Application, "socket", uuid, where); err != nil {
			return err
		}
	}
	return nil
}

var uuids = regexp.MustCompile(`(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
