package grant

import (
	"cmp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// transfer checks an extension and its dialplan among words, after the -bleg or
// -both that a transfer may have. Before the dialplan, the switch may put nothing
// in: it could contain a blank, and so the dialplan itself.
func (c check) transfer(w []string, at int, where string) error {
	if err := c.refuseUnknown(w, at+1, where); err != nil {
		return err
	}
	if c.unquoted {
		return c.anyTarget(w, " ", where)
	}
	if err := c.target(wordAt(w, at), wordAt(w, at+1), where); err != nil || !strings.HasPrefix(wordAt(w, at), "-") {
		return err
	}
	return c.transfer(w, at+1, where)
}

// anyTarget takes every piece for the dialplan, and any pieces before it for the
// extension.
func (c check) anyTarget(pieces []string, sep, where string) error {
	for i := 1; i < len(pieces); i++ {
		dialplan := strings.ToLower(pieces[i])
		if !strings.Contains(dialplan, "inline") && !strings.Contains(dialplan, "lua") {
			continue
		}
		for j := range i {
			if err := c.count(pieces[i]); err != nil {
				return err
			}
			if err := c.target(strings.Join(pieces[j:i], sep), pieces[i], where); err != nil {
				return err
			}
		}
	}
	return nil
}

// slashTarget checks the extension/dialplan/context of uuid_dual_transfer.
func (c check) slashTarget(s, where string) error {
	if list, ok := strings.CutSuffix(s, "/inline"); ok {
		return c.inline(list, where)
	}
	exten, rest, _ := strings.Cut(s, "/")
	dialplan, _, _ := strings.Cut(rest, "/")
	return c.target(exten, dialplan, where)
}

// target checks an extension in a list of dialplans. The dialplan inline executes
// the extension itself, or the text after "inline:"; LUA runs a script (switch_core_state_machine.c:switch_core_standard_on_routing).
func (c check) target(exten, dialplans, where string) error {
	for _, dialplan := range strings.Split(stripQuotes(dialplans), ",") {
		name, arg, _ := strings.Cut(strings.TrimSpace(dialplan), ":")
		switch name = strings.ToLower(name[:nameEnd(name)]); {
		case isUnknown(name):
			return unknowable(Application, name, where)
		case name == "lua":
			if err := c.permit(Application, "lua", "", where); err != nil {
				return err
			}
		case name == "inline":
			if arg == "" {
				arg = exten
			}
			if err := c.inline(arg, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// inline checks app:data,app:data; "m:x:" in front changes the delimiter to x
// (mod_dptools.c:inline_dialplan_hunt).
func (c check) inline(list, where string) error {
	delim := byte(',')
	if len(list) > 3 && list[0] == 'm' && list[1] == ':' && list[3] == ':' {
		delim, list = list[2], list[4:]
	}
	if list == "" {
		list = hole
	}
	for _, piece := range syntax.Split(list, delim, 128) {
		name, data, _ := strings.Cut(piece, ":")
		if err := c.app(name, data, where); err != nil {
			return err
		}
	}
	return nil
}

// broadcast checks a file, app::data or app!cause::data
// (switch_ivr_async.c:switch_ivr_broadcast).
func (c check) broadcast(path, where string) error {
	if path == "" {
		return nil
	}
	app, data := "playback", path
	if i := strings.IndexByte(path, ':'); i >= 0 && strings.HasPrefix(path[i:], "::") {
		app, data = path[:i], path[i+2:]
		app, _, _ = strings.Cut(app, "!")
	} else if isUnknown(path) {
		app = hole
	}
	return c.app(app, data, where)
}

// dial checks the endpoints of a dial string; assignments finds its variables. Of
// all endpoints only loopback executes what its name says:
// loopback/app=name:data and loopback/extension/context/dialplan
// (mod_loopback.c). Where such an endpoint ends depends on quotes and
// brackets far away, so that both readings are checked, to the next comma or
// bar and to the end.
func (c check) dial(s string) error {
	const prefix = "loopback/"
	for i := 0; i < len(s); i++ {
		if s[i] != 'l' && s[i] != 'L' || len(s)-i < len(prefix) || !strings.EqualFold(s[i:i+len(prefix)], prefix) {
			continue
		}
		if err := c.count(s); err != nil {
			return err
		}
		rest := s[i+len(prefix):]
		if err := cmp.Or(c.loopback(stripQuotes(rest), rest), c.loopback(stripQuotes(rest[:endpointEnd(rest)]), rest)); err != nil {
			return err
		}
	}
	return nil
}

func endpointEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',', '|', ' ':
			return i
		}
	}
	return len(s)
}

func (c check) loopback(s, where string) error {
	where = "loopback/" + where
	if len(s) > 4 && strings.EqualFold(s[:4], "app=") {
		name, data, _ := strings.Cut(s[4:], ":")
		return c.app(name, data, where)
	}
	exten, rest, _ := strings.Cut(s, "/")
	_, dialplan, _ := strings.Cut(rest, "/")
	return c.target(exten, dialplan, where)
}
