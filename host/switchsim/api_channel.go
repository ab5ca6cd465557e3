package switchsim

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

func channelAPIs() map[string]apiCommand {
	return map[string]apiCommand{
		"originate": func(s *Switch, args string, _ *channel) string { return s.originateAPI(args) },
		"uuid_exists": func(s *Switch, args string, _ *channel) string {
			if s.locate(args) != nil {
				return "true"
			}
			return "false"
		},
		"uuid_getvar": withChannel("<uuid> <var>", 2, func(_ *Switch, c *channel, argv []string) string {
			if v := c.get(argv[1]); v != "" {
				return v
			}
			return "_undef_"
		}),
		"uuid_setvar":       setvarAPI,
		"uuid_setvar_multi": setvarMultiAPI,
		"uuid_dump": withChannel("<uuid> [format]", 1, func(s *Switch, c *channel, argv []string) string {
			e := c.event("CHANNEL_DATA", nil, nil)
			s.bus.number(e)
			switch arrayAt(argv, 1) {
			case "json":
				return string(e.JSON())
			case "xml":
				return string(e.XML())
			}
			return string(e.Plain())
		}),
		"uuid_kill": withChannel("<uuid> [cause]", 1, func(_ *Switch, c *channel, argv []string) string {
			c.hangup(arrayAt(argv, 1))
			return ok
		}),
		"uuid_break": withChannel("<uuid> [all]", 1, func(_ *Switch, c *channel, argv []string) string {
			if arrayAt(argv, 1) == "all" {
				c.flushQueued()
			}
			c.breakApp()
			return ok
		}),
		"uuid_transfer": withChannel("<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]", 2, uuidTransfer),
		"uuid_park": withChannel("<uuid>", 1, func(_ *Switch, c *channel, _ []string) string {
			c.setState(csPark)
			return ok
		}),
		"uuid_answer": func(s *Switch, args string, _ *channel) string {
			c := s.locate(args)
			if c == nil {
				return "-ERROR\n"
			}
			c.answer()
			return "+OK answered\n"
		},
		"uuid_broadcast":  broadcastAPI,
		"uuid_bridge":     bridgeAPI,
		"uuid_recv_dtmf":  dtmfAPI("received", func(c *channel, digits string, n int) { c.receive(digits, "APP", n) }),
		"uuid_send_dtmf":  dtmfAPI("sent", func(c *channel, digits string, n int) { c.send(digits, n) }),
		"uuid_flush_dtmf": flushAPI,
		"uuid_fileman":    withChannel("<uuid> <cmd>:<val>", 2, fileman),
		"uuid_phone_event": withChannel("<uuid>", 1, func(*Switch, *channel, []string) string {
			return ok
		}),
		"hupall": func(s *Switch, args string, _ *channel) string {
			cause := "MANAGER_REQUEST"
			if argv := separate(args, ' ', 3); len(argv) > 0 {
				cause = causeName(argv[0])
			}
			for _, c := range s.living() {
				c.hangup(cause)
			}
			return "+OK hangup all channels with cause " + cause + "\n"
		},
	}
}

func setvarAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 3)
	if len(argv) < 2 {
		return usage("<uuid> <var> [value]")
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	c.set(argv[1], arrayAt(argv, 2))
	return ok
}

func setvarMultiAPI(s *Switch, args string, _ *channel) string {
	const syntax = "<uuid> <var>=<value>;<var>=<value>..."
	uuid, list, found := strings.Cut(args, " ")
	if !found {
		return usage(syntax)
	}
	c := s.locate(uuid)
	if c == nil {
		return noChannel + usage(syntax)
	}
	for _, item := range separate(list, ';', 64) {
		if name, value, found := strings.Cut(item, "="); found && !strings.Contains(value, "${") {
			c.set(name, value)
		}
	}
	return ok
}

func uuidTransfer(_ *Switch, c *channel, argv []string) string {
	legs, rest := []*channel{c}, argv[1:]
	if rest[0] == "-bleg" || rest[0] == "-both" {
		c.mu.Lock()
		partner := c.bridgedTo
		c.mu.Unlock()
		if partner == nil {
			return "-ERR No such channel!\n"
		}
		if rest[0] == "-both" {
			legs = append(legs, partner)
		} else {
			legs = []*channel{partner}
		}
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return usage("<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]")
	}
	for i := len(legs) - 1; i >= 0; i-- {
		legs[i].transferTo(rest[0], arrayAt(rest, 1), arrayAt(rest, 2))
	}
	return ok
}

// broadcastAPI queues an event-locked execute on the legs.
func broadcastAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 3)
	if len(argv) < 2 {
		return usage("<uuid> <path> [aleg|bleg|holdb|both]")
	}
	c := s.locate(argv[0])
	if c == nil {
		return "-ERR invalid uuid\n"
	}
	app, arg, isApp := strings.Cut(argv[1], "::")
	if !isApp {
		app, arg = "playback", argv[1]
	}
	m := wire.Command{Line: "sendmsg", Headers: []wire.Header{
		{Name: "call-command", Value: "execute"}, {Name: "execute-app-name", Value: app},
		{Name: "execute-app-arg", Value: arg}, {Name: "event-lock", Value: "true"},
	}}
	c.mu.Lock()
	partner := c.bridgedTo
	c.mu.Unlock()
	which := arrayAt(argv, 2)
	if which != "bleg" {
		c.enqueue(m)
	}
	if partner != nil && (which == "bleg" || which == "both") {
		partner.enqueue(m)
	}
	return "+OK Message sent\n"
}

func bridgeAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 3)
	if len(argv) < 2 {
		return usage("<uuid> <other_uuid>")
	}
	a, b := s.locate(argv[0]), s.locate(argv[1])
	if b == nil && len(argv) > 2 {
		b = s.locate(argv[2])
	}
	if a == nil || b == nil || a == b {
		return "-ERR Invalid uuid\n"
	}
	s.connectTwo(a, b)
	return "+OK " + b.uuid + "\n"
}

func dtmfAPI(did string, act func(c *channel, digits string, samples int)) apiCommand {
	return func(s *Switch, args string, _ *channel) string {
		argv := separate(args, ' ', 2)
		if len(argv) < 2 {
			return usage("<uuid> <dtmf_data>")
		}
		c := s.locate(argv[0])
		if c == nil {
			return "-ERR Cannot locate session!\n"
		}
		digits, samples := sendDuration(argv[1])
		act(c, digits, samples)
		return "+OK " + c.uuid + " " + did + " DTMF " + argv[1] + ".\n"
	}
}

func flushAPI(s *Switch, args string, _ *channel) string {
	c := s.locate(strings.TrimSpace(args))
	if c == nil {
		return "-ERR No such session\n"
	}
	c.flushDigits()
	return ok
}

// fileman moves what is being played: stop, pause (toggles), restart,
// seek:+ms, seek:-ms; volume and speed are accepted.
func fileman(_ *Switch, c *channel, argv []string) string {
	cmd, value, _ := strings.Cut(argv[1], ":")
	c.mu.Lock()
	pb := c.playing
	if pb != nil {
		switch cmd {
		case "stop":
			pb.stop = true
		case "pause":
			pb.paused = !pb.paused
		case "seek":
			pb.skip += time.Duration(number(value)) * time.Millisecond
		}
	}
	c.mu.Unlock()
	if pb == nil {
		return "-ERR No file handle!\n"
	}
	c.signal()
	return ok
}
