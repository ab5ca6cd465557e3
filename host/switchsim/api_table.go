package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// An apiCommand is one API command and returns its output; c is the channel whose
// ${api(...)} it was, or nil.
type apiCommand func(s *Switch, args string, c *channel) string

// apiCommands returns the API commands by name.
func apiCommands() map[string]apiCommand {
	return map[string]apiCommand{
		"bgapi":              bgapiAPI,
		"chat":               chatAPI,
		"conference":         conferenceAPI,
		"create_uuid":        func(s *Switch, _ string, _ *channel) string { return s.newUUID() },
		"echo":               func(_ *Switch, args string, _ *channel) string { return args },
		"eval":               evalAPI,
		"expand":             func(s *Switch, args string, c *channel) string { return s.API(evalAPI(s, args, c)) },
		"global_getvar":      globalGetvarAPI,
		"global_setvar":      globalSetvarAPI,
		"hash":               hashAPI,
		"hash_dump":          hashDumpAPI,
		"hostname":           func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"hupall":             hupallAPI,
		"json":               jsonAPI,
		"log":                logAPI,
		"md5":                md5API,
		"module_exists":      moduleExistsAPI,
		"msleep":             msleepAPI,
		"originate":          originateAPI,
		"regex":              regexAPI,
		"sched_api":          schedAPI,
		"sched_broadcast":    schedBroadcastAPI,
		"sched_del":          schedDelAPI,
		"sched_hangup":       schedHangupAPI,
		"sched_transfer":     schedTransferAPI,
		"show":               showAPI,
		"sofia":              sofiaAPI,
		"sofia_contact":      sofiaContactAPI,
		"status":             func(s *Switch, _ string, _ *channel) string { return s.status() },
		"strepoch":           strepochAPI,
		"strftime":           strftimeAPI,
		"switchname":         func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"tolower":            func(_ *Switch, args string, _ *channel) string { return strings.ToLower(args) },
		"toupper":            func(_ *Switch, args string, _ *channel) string { return strings.ToUpper(args) },
		"unsched_api":        unschedAPI,
		"uptime":             uptimeAPI,
		"url_decode":         func(_ *Switch, args string, _ *channel) string { return wire.Decode(args) },
		"url_encode":         func(_ *Switch, args string, _ *channel) string { return string(wire.AppendEncoded(nil, args)) },
		"user_exists":        userExistsAPI,
		"uuid_answer":        onChannel{"", 0, 1, "-ERROR\n", uuidAnswerAPI}.api,
		"uuid_break":         toBlank("<uuid> [all]", uuidBreakAPI),
		"uuid_bridge":        uuidBridgeAPI,
		"uuid_broadcast":     onChannel{"<uuid> <path> [aleg|bleg|holdb|both]", 2, 3, "-ERR invalid uuid\n", uuidBroadcastAPI}.api,
		"uuid_dual_transfer": onChannel{"<uuid> <A-dest-exten>[/<A-dialplan>][/<A-context>] <B-dest-exten>[/<B-dialplan>][/<B-context>]", 3, 3, noChannel, uuidDualTransferAPI}.api,
		"uuid_dump":          onChannel{"<uuid> [format]", 1, 10, noChannel, uuidDumpAPI}.api,
		"uuid_exists":        uuidExistsAPI,
		"uuid_fileman":       onChannel{"<uuid> <cmd>:<val>", 2, 10, noChannel, uuidFilemanAPI}.api,
		"uuid_flush_dtmf":    wholeLine("-ERR No such session\n", uuidFlushDTMFAPI),
		"uuid_getvar":        onChannel{"<uuid> <var>", 2, 10, noChannel, uuidGetvarAPI}.api,
		"uuid_kill":          toBlank("<uuid> [cause]", uuidKillAPI),
		"uuid_park":          wholeLine(noChannel, uuidParkAPI),
		"uuid_phone_event":   onChannel{"<uuid>", 1, 10, noChannel, func(*channel, []string) string { return ok }}.api,
		"uuid_record":        onChannel{"<uuid> [start|stop|pause|resume|mask|unmask] <path> [<limit>] [<recording_vars>]", 3, 5, noSession, uuidRecordAPI}.api,
		"uuid_recv_dtmf":     onChannel{dtmfSyntax, 2, 2, noSession, uuidRecvDTMFAPI}.api,
		"uuid_send_dtmf":     onChannel{dtmfSyntax, 2, 2, noSession, uuidSendDTMFAPI}.api,
		"uuid_send_text":     uuidSendTextAPI,
		"uuid_setvar":        onChannel{"<uuid> <var> [value]", 2, 3, noChannel, uuidSetvarAPI}.api,
		"uuid_setvar_multi":  uuidSetvarMultiAPI,
		"uuid_transfer":      onChannel{transferSyntax, 2, 10, noChannel, uuidTransferAPI}.api,
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
	if s.cfg.Reply != nil {
		if answer, answered := s.cfg.Reply(strings.TrimSpace(cmd + " " + args)); answered {
			return answer
		}
	}
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

// wholeLine makes a command whose argument is a UUID, which may hold blanks and quotes.
func wholeLine(missing string, run func(c *channel) string) apiCommand {
	return func(s *Switch, args string, _ *channel) string {
		if c := s.locate(args); c != nil {
			return run(c)
		}
		return missing
	}
}

// toBlank makes a command that reads its UUID up to the first blank, quotes and all.
func toBlank(syntax string, run func(c *channel, rest string) string) apiCommand {
	return func(s *Switch, args string, _ *channel) string {
		if args == "" {
			return usage(syntax)
		}
		uuid, rest, _ := strings.Cut(args, " ")
		if c := s.locate(uuid); c != nil {
			return run(c, rest)
		}
		return noChannel
	}
}

// An onChannel is a command whose first argument is the UUID of a channel.
type onChannel struct {
	syntax      string
	least, most int    // arguments; the last one has the rest of the line
	missing     string // answer if there is no such channel
	run         func(c *channel, argv []string) string
}

func (a onChannel) api(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', a.most)
	if len(argv) < a.least {
		return usage(a.syntax)
	}
	c := s.locate(nth(argv, 0))
	if c == nil {
		return a.missing
	}
	return a.run(c, argv)
}
