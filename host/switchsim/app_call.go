package switchsim

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// sleepApp waits; any digit in the queue makes it return and stays there,
// unless sleep_eat_digits. Without media it only waits.
func sleepApp(c *channel, arg string) {
	ms := number(arg)
	if ms <= 0 {
		return
	}
	p := pause{d: time.Duration(ms) * time.Millisecond}
	switch {
	case !c.mediaUp():
	case truth(c.get("sleep_eat_digits")):
		p.digit = c.terminated
	default:
		p.peek = true
	}
	c.pause(p)
}

func transferApp(c *channel, arg string) {
	argv := separate(arg, ' ', 4)
	if len(argv) > 0 && (argv[0] == "-bleg" || argv[0] == "-both") {
		c.mu.Lock()
		partner := c.bridgedTo
		c.mu.Unlock()
		both := argv[0] == "-both"
		argv = argv[1:]
		if partner != nil {
			partner.transferTo(arrayAt(argv, 0), arrayAt(argv, 1), arrayAt(argv, 2))
		}
		if !both {
			return
		}
	}
	c.transferTo(arrayAt(argv, 0), arrayAt(argv, 1), arrayAt(argv, 2))
}

func arrayAt(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// breakApp is uuid_break and the break application.
func (c *channel) breakApp() {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
	c.signal()
}

// executeExtension runs another extension's actions as a subroutine.
func executeExtension(c *channel, arg string) {
	argv := separate(arg, ' ', 3)
	if len(argv) == 0 {
		return
	}
	c.mu.Lock()
	dialplan, context := c.caller.dialplan, c.caller.context
	c.mu.Unlock()
	if len(argv) > 1 {
		dialplan = argv[1]
	}
	if len(argv) > 2 {
		context = argv[2]
	}
	actions, ok := c.route(dialplan, context, argv[0])
	if !ok {
		return
	}
	for _, a := range actions {
		if !c.ready() {
			return
		}
		c.execute(a.App, a.Data)
	}
}

func sendDTMFApp(c *channel, arg string) {
	digits, samples := sendDuration(arg)
	c.send(digits, samples)
}

// logApp writes "LEVEL text".
func logApp(c *channel, arg string) {
	word, text, _ := strings.Cut(arg, " ")
	level, ok := logLevel(word)
	if !ok || word == "" {
		level, text = 7, arg
	}
	c.sw.logLine(level, c.uuid, text)
}

// eventApp fires a CUSTOM event with the given headers.
func eventApp(c *channel, arg string) {
	var headers []wire.Header
	subclass, name := "", "CHANNEL_APPLICATION"
	for _, item := range separate(arg, ',', 64) {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case !ok:
		case strings.EqualFold(key, "Event-Name"):
			name = eventName(value)
		case strings.EqualFold(key, "Event-Subclass"):
			subclass, name = value, "CUSTOM"
		default:
			headers = append(headers, wire.Header{Name: key, Value: value})
		}
	}
	e := c.event(name, nil, headers)
	if subclass != "" {
		e.Headers = append([]wire.Header{{Name: "Event-Subclass", Value: subclass}}, e.Headers...)
	}
	c.sw.bus.fire(e, name, c.uuid, subclass)
}

// gentonesApp plays "tones|loops".
func gentonesApp(c *channel, arg string) {
	tones, loops, has := strings.Cut(arg, "|")
	d := toneLength(tones)
	if has {
		d = repeat(d, number(loops))
	}
	c.playFor(tones, d, c.terminated)
}
