package main

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/console"
)

// telling are the headers that say most of an event, if it has them.
var telling = []string{
	"Event-Subclass", "Unique-ID", "Other-Leg-Unique-ID", "Caller-Caller-ID-Number", "Caller-Destination-Number", "Channel-Call-State", "Answer-State",
	"Application", "Application-Data", "DTMF-Digit", "Hangup-Cause", "API-Command", "API-Command-Argument", "Job-UUID", "Job-Command",
}

// namedHeaders returns the headers that a pattern of events names.
func namedHeaders(pattern string) (names []string) {
	for _, word := range strings.Fields(pattern) {
		if name, _, ok := strings.Cut(word, "="); ok {
			names = append(names, name)
		}
	}
	return names
}

// printEvent prints an event on a line.
func (c *prompt) printEvent(e console.Event) {
	if e.Lost > 0 {
		printLine(c.stderr, "%s came too fast", count(int(e.Lost), "event"))
	}
	line := e.At.Local().Format("15:04:05.000") + " "
	if len(c.console.Greeting.Nodes) > 1 {
		line += e.Node + " "
	}
	line += e.Name
	shown := append(slices.Clone(telling), c.headers...)
	for i, name := range shown {
		if slices.ContainsFunc(shown[:i], func(s string) bool { return strings.EqualFold(s, name) }) {
			continue
		}
		if j := slices.IndexFunc(e.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) }); j >= 0 && e.Headers[j][1] != "" {
			line += " " + e.Headers[j][0] + "=" + e.Headers[j][1]
		}
	}
	printLine(c.stdout, "%s", line)
}
