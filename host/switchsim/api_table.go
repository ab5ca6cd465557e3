package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// apiCommand is one API command and returns its output; c is the channel whose
// ${api(...)} it was, or nil.
type apiCommand func(s *Switch, args string, c *channel) string

// apiCommands returns the API commands by name.
func apiCommands() map[string]apiCommand {
	return map[string]apiCommand{
		"bgapi":             bgapiAPI,
		"conference":        conferenceAPI,
		"create_uuid":       func(s *Switch, _ string, _ *channel) string { return s.newUUID() },
		"echo":              func(_ *Switch, args string, _ *channel) string { return args },
		"eval":              evalAPI,
		"expand":            func(s *Switch, args string, c *channel) string { return s.API(evalAPI(s, args, c)) },
		"global_getvar":     globalGetvarAPI,
		"global_setvar":     globalSetvarAPI,
		"hostname":          func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"hupall":            hupallAPI,
		"log":               logAPI,
		"md5":               md5API,
		"module_exists":     moduleExistsAPI,
		"originate":         originateAPI,
		"sched_api":         schedAPI,
		"sched_broadcast":   schedBroadcastAPI,
		"sched_del":         schedDelAPI,
		"sched_hangup":      schedHangupAPI,
		"sched_transfer":    schedTransferAPI,
		"show":              showAPI,
		"sofia":             sofiaAPI,
		"status":            func(s *Switch, _ string, _ *channel) string { return s.status() },
		"strepoch":          strepochAPI,
		"strftime":          strftimeAPI,
		"switchname":        func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"tolower":           func(_ *Switch, args string, _ *channel) string { return strings.ToLower(args) },
		"toupper":           func(_ *Switch, args string, _ *channel) string { return strings.ToUpper(args) },
		"unsched_api":       unschedAPI,
		"uptime":            uptimeAPI,
		"url_decode":        func(_ *Switch, args string, _ *channel) string { return wire.Decode(args) },
		"url_encode":        func(_ *Switch, args string, _ *channel) string { return string(wire.AppendEncoded(nil, args)) },
		"user_exists":       userExistsAPI,
		"uuid_answer":       uuidAnswerAPI,
		"uuid_break":        withChannel("<uuid> [all]", 1, uuidBreakAPI),
		"uuid_bridge":       uuidBridgeAPI,
		"uuid_broadcast":    uuidBroadcastAPI,
		"uuid_dump":         withChannel("<uuid> [format]", 1, uuidDumpAPI),
		"uuid_exists":       uuidExistsAPI,
		"uuid_fileman":      withChannel("<uuid> <cmd>:<val>", 2, uuidFilemanAPI),
		"uuid_flush_dtmf":   uuidFlushDTMFAPI,
		"uuid_getvar":       withChannel("<uuid> <var>", 2, uuidGetvarAPI),
		"uuid_kill":         withChannel("<uuid> [cause]", 1, uuidKillAPI),
		"uuid_park":         withChannel("<uuid>", 1, uuidParkAPI),
		"uuid_phone_event":  withChannel("<uuid>", 1, func(*channel, []string) string { return ok }),
		"uuid_recv_dtmf":    uuidDTMFAPI("received", func(c *channel, digits string, samples int) { c.receive(digits, "APP", samples) }),
		"uuid_send_dtmf":    uuidDTMFAPI("sent", (*channel).send),
		"uuid_setvar":       uuidSetvarAPI,
		"uuid_setvar_multi": uuidSetvarMultiAPI,
		"uuid_transfer":     withChannel(transferSyntax, 2, uuidTransferAPI),
		"version": func(*Switch, string, *channel) string {
			return "FreeSWITCH Version " + version + " (git cc93a68 2026-08-21 14:10:14Z 64bit)\n"
		},
	}
}

// API runs an API command line as the console would and returns its output.
func (s *Switch) API(line string) string {
	cmd, args, _ := strings.Cut(line, " ")
	return s.runAPI(cmd, args, nil)
}

// runAPI runs a command and fires its event (switch_api_execute).
func (s *Switch) runAPI(cmd, args string, c *channel) string {
	cmd = strings.TrimSpace(cmd)
	run := s.apis[strings.ToLower(cmd)]
	if run == nil {
		return "-ERR " + cmd + " Command not found!\n"
	}
	if !s.bus.Skip("API", "") {
		e := s.newEvent("API", "", 2)
		e.Headers = append(e.Headers, wire.Header{Name: "API-Command", Value: cmd})
		if args != "" {
			e.Headers = append(e.Headers, wire.Header{Name: "API-Command-Argument", Value: args})
		}
		// The event is made before the command runs and fired after it.
		defer s.bus.Fire(e, "API", "", "")
	}
	return run(s, strings.TrimLeft(args, " "), c)
}

const (
	ok        = "+OK\n"
	noChannel = "-ERR No such channel!\n"
)

func usage(syntax string) string { return "-USAGE: " + syntax + "\n" }

// withChannel returns a command with at least so many arguments, the first of
// which is the UUID of a channel.
func withChannel(syntax string, least int, run func(c *channel, argv []string) string) apiCommand {
	return func(s *Switch, args string, _ *channel) string {
		argv := text.Split(args, ' ', 10)
		if len(argv) < least {
			return usage(syntax)
		}
		c := s.locate(argv[0])
		if c == nil {
			return noChannel
		}
		return run(c, argv)
	}
}
