package switchsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// authenticate answers auth and userauth; a wrong one ends the connection. Any
// other command is not found.
func (l *connection) authenticate(line string) []byte {
	switch {
	case hasPrefix(line, "auth "):
		if line[5:] == cmp.Or(l.sw.cfg.Password, "ClueCon") {
			l.authed, l.logAllowed = true, true
			return wire.Reply("+OK accepted")
		}
		l.running = false
		return wire.Reply("-ERR invalid")
	case hasPrefix(line, "userauth "):
		return l.userAuth(line[9:])
	}
	return wire.Reply("-ERR command not found")
}

// userAuth authenticates user@domain:pass and user:pass@domain.
func (l *connection) userAuth(arg string) []byte {
	user, domain, ok := strings.Cut(arg, "@")
	domain, pass, _ := strings.Cut(domain, ":")
	if name, p, found := strings.Cut(user, ":"); found {
		user, pass = name, p
	}
	known, found := l.sw.cfg.Users[user+"@"+domain]
	if !ok || !found || pass == "" || known.Password != pass {
		l.running = false
		return wire.Reply("-ERR invalid")
	}
	l.authed, l.user, l.logAllowed = true, &known, known.AllowedLog
	return wire.Reply("+OK accepted",
		wire.Header{Name: "Allowed-Events", Value: cmp.Or(known.AllowedEvents, "all")},
		wire.Header{Name: "Allowed-API", Value: cmp.Or(known.AllowedAPI, "all")},
		wire.Header{Name: "Allowed-LOG", Value: strconv.FormatBool(known.AllowedLog)})
}

// mayHear reports whether the user may subscribe to an event.
func (l *connection) mayHear(name string) bool {
	return l.user == nil || allows(l.user.AllowedEvents, name)
}

// mayRun reports whether the user may run an API command line, also the command
// that another command runs.
func (l *connection) mayRun(line string) bool {
	if l.user == nil {
		return true
	}
	cmd, args, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch strings.ToLower(cmd) {
	case "bgapi", "eval", "expand", "xml_wrap":
		return allows(l.user.AllowedAPI, cmd) && l.mayRun(args)
	case "sched_api":
		if words := strings.SplitN(args, " ", 3); len(words) == 3 {
			return allows(l.user.AllowedAPI, cmd) && l.mayRun(words[2])
		}
	}
	return allows(l.user.AllowedAPI, cmd)
}

func allows(list, name string) bool {
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' })
	return list == "" || slices.ContainsFunc(words, func(word string) bool {
		return strings.EqualFold(word, "all") || strings.EqualFold(word, name)
	})
}
