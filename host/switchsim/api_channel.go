package switchsim

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

const (
	transferSyntax = "<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]"
	dtmfSyntax     = "<uuid> <dtmf_data>"
	noSession      = "-ERR Cannot locate session!\n"
)

func uuidExistsAPI(s *Switch, args string, _ *channel) string {
	return strconv.FormatBool(s.locate(args) != nil)
}

func uuidGetvarAPI(c *channel, argv []string) string {
	if v := cmp.Or(c.get(argv[1]), c.sw.global(argv[1])); v != "" || new(profile).field(argv[1]) != nil {
		return v
	}
	return "_undef_"
}

func uuidSetvarMultiAPI(s *Switch, args string, _ *channel) string {
	const syntax = "<uuid> <var>=<value>;<var>=<value>..."
	uuid, list, found := strings.Cut(args, " ")
	if !found {
		return usage(syntax)
	}
	c := s.locate(uuid)
	if c == nil {
		return noChannel + usage(syntax)
	}
	for _, item := range text.Split(list, ';', 64) {
		if name, value, found := strings.Cut(item, "="); found && !strings.Contains(value, "${") {
			c.set(name, value)
		}
	}
	return ok
}

func uuidDumpAPI(c *channel, argv []string) string {
	e := c.event("CHANNEL_DATA", nil, nil)
	c.sw.bus.Number(e)
	switch nth(argv, 1) {
	case "json":
		return string(e.JSON())
	case "xml":
		return string(e.XML())
	}
	return string(e.Plain())
}

func uuidKillAPI(c *channel, cause string) string {
	c.hangup(cause)
	return ok
}

func uuidBreakAPI(c *channel, flags string) string {
	if strings.Contains(flags, "all") {
		c.flushMessages()
	}
	c.interrupt()
	return ok
}

func uuidParkAPI(c *channel) string {
	c.parkSession()
	if partner := load(&c.mu, &c.bridgedTo); partner != nil {
		c.unbridge(partner)
	}
	return ok
}

func uuidTransferAPI(c *channel, argv []string) string {
	legs, rest := []*channel{c}, argv[1:]
	if option := rest[0]; option == "-bleg" || option == "-both" {
		partner := c.partner()
		if partner == nil {
			return noChannel
		}
		legs, rest = []*channel{partner, c}, rest[1:]
		if option == "-bleg" {
			legs = legs[:1]
		}
	}
	if len(rest) == 0 {
		return usage(transferSyntax)
	}
	if len(legs) > 1 {
		redirect(legs...)
	}
	for _, leg := range legs {
		leg.transfer(rest)
	}
	return ok
}

// uuidDualTransferAPI transfers the other side of the bridge and the channel itself.
func uuidDualTransferAPI(c *channel, argv []string) string {
	target := func(s string) []string {
		if dest, inline := strings.CutSuffix(s, "/inline"); inline {
			return []string{dest, "inline"}
		}
		return strings.SplitN(s, "/", 3)
	}
	partner := c.partner()
	if partner != nil {
		redirect(partner, c) // a real one looks every 20 ms
		partner.transfer(target(argv[2]))
	}
	c.transfer(target(argv[1]))
	return ok
}

// redirect notes that channels are about to go elsewhere, so that neither the end of their
// bridge nor that of a socket application means anything to them (CF_REDIRECT).
func redirect(legs ...*channel) {
	for _, leg := range legs {
		swap(&leg.mu, &leg.redirected, true)
	}
}

func uuidBridgeAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 3)
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
	connectTwo(a, b)
	return "+OK " + b.uuid + "\n"
}

func uuidFilemanAPI(c *channel, argv []string) string {
	if !c.controlPlayback(argv[1]) {
		return "-ERR No file handle!\n"
	}
	signal(c.wake)
	return ok
}

// hupallAPI hangs up all channels, or those whose variable has a value
// (mod_commands.c:hupall_api_function).
func hupallAPI(s *Switch, args string, _ *channel) string {
	cause, argv := "MANAGER_REQUEST", text.Split(args, ' ', 3)
	if len(argv) > 0 {
		cause = text.Cause(argv[0])
	}
	name, value := nth(argv, 1), nth(argv, 2)
	for _, c := range s.upChannels() {
		if name == "" || value == "" || c.get(name) == value {
			c.hangup(cause)
		}
	}
	if name != "" && value != "" {
		return "+OK hangup all channels matching [" + name + "]=[" + value + "] with cause: " + cause + "\n"
	}
	return "+OK hangup all channels with cause " + cause + "\n"
}

func uuidSetvarAPI(c *channel, argv []string) string {
	c.set(argv[1], nth(argv, 2))
	return ok
}

func uuidAnswerAPI(c *channel, _ []string) string {
	c.answer()
	return "+OK answered\n"
}

// uuidBroadcastAPI queues an event-locked execute on the legs.
func uuidBroadcastAPI(c *channel, argv []string) string {
	app, arg, isApp := strings.Cut(argv[1], "::")
	if !isApp {
		app, arg = "playback", argv[1]
	}
	m := wire.Command{Line: "sendmsg", Headers: []wire.Header{
		{Name: "call-command", Value: "execute"}, {Name: "execute-app-name", Value: app},
		{Name: "execute-app-arg", Value: arg}, {Name: "event-lock", Value: "true"},
	}}
	leg := nth(argv, 2)
	if leg != "bleg" {
		c.enqueue(m)
	}
	if partner := c.partner(); partner != nil && (leg == "bleg" || leg == "both") {
		partner.enqueue(m)
	}
	return "+OK Message sent\n"
}

func uuidRecvDTMFAPI(c *channel, argv []string) string {
	digits, samples := parseDigits(argv[1])
	c.receive(digits, "APP", samples)
	return "+OK " + c.uuid + " received DTMF " + argv[1] + ".\n"
}

func uuidSendDTMFAPI(c *channel, argv []string) string {
	c.send(parseDigits(argv[1]))
	return "+OK " + c.uuid + " sent DTMF " + argv[1] + ".\n"
}

func uuidFlushDTMFAPI(c *channel) string {
	c.flushDigits()
	return ok
}
