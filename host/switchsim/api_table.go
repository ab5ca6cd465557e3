package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// apiCommand is one API command; c is the channel whose ${api(...)} it was, or nil.
type apiCommand func(s *Switch, args string, c *channel) string

// apiTable are the API commands by name, without case.
func apiTable() map[string]apiCommand {
	table := map[string]apiCommand{}
	for _, part := range []map[string]apiCommand{channelAPIs(), schedAPIs(), systemAPIs()} {
		for name, fn := range part {
			table[name] = fn
		}
	}
	return table
}

// runAPI runs a command and tells so (switch_api_execute).
func (s *Switch) runAPI(cmd, args string, c *channel) string {
	cmd = strings.TrimSpace(cmd)
	fn := s.apis[strings.ToLower(cmd)]
	if fn == nil {
		return "-ERR " + cmd + " Command not found!\n"
	}
	if s.bus.wanted("API", "") {
		e := s.newEvent("API", "", 2)
		e.Headers = append(e.Headers, wire.Header{Name: "API-Command", Value: cmd})
		if args != "" {
			e.Headers = append(e.Headers, wire.Header{Name: "API-Command-Argument", Value: args})
		}
		// The event is made first and fired when the command is done.
		defer s.bus.fire(e, "API", "", "")
	}
	return fn(s, strings.TrimLeft(args, " "), c)
}

const (
	ok        = "+OK\n"
	noChannel = "-ERR No such channel!\n"
)

func usage(syntax string) string { return "-USAGE: " + syntax + "\n" }

// withChannel looks up the first word and passes the others on.
func withChannel(syntax string, words int, fn func(s *Switch, c *channel, argv []string) string) apiCommand {
	return func(s *Switch, args string, _ *channel) string {
		argv := separate(args, ' ', 10)
		if len(argv) < words {
			return usage(syntax)
		}
		c := s.locate(argv[0])
		if c == nil {
			return noChannel
		}
		return fn(s, c, argv)
	}
}
