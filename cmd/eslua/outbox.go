package main

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/outbox"
	"github.com/spf13/cobra"
)

func outboxCommand(p *program) *cobra.Command {
	return letterKind[outbox.Letter, outbox.Delivery]{
		noun: "push", nouns: "pushes", box: "endpoint", boxes: endpointNames, letters: (*admin.Client).Pushes,
		id:      func(l outbox.Letter) string { return l.ID },
		heading: []any{"ENDPOINT", "TYPE", "BYTES", "ACCEPTED", ""},
		row: func(l outbox.Letter, now time.Time) []any {
			return []any{l.Endpoint, orDash(l.Type), l.Bytes, since(l.Accepted, now), l.Error}
		},
		more: "and up to %d more", print: printPush,
	}.command(p, &cobra.Command{
		Use:   "outbox",
		Short: "show the pushes that wait or were given up, and try or drop them",
		Long: `Show the pushes that the running eslua keeps: those that wait for their endpoint and those that were
given up (dead); try or drop them.`,
		Example: examples(
			"which pushes wait or were given up", "eslua outbox",
			"try all again that were given up for the endpoint crm", "eslua outbox retry --endpoint crm --state dead --all",
		),
	})
}

func printPush(p *program, id string, d outbox.Delivery) {
	now := p.clock.Now()
	if d.ID == "" {
		printLine(p.stdout, "%s has been delivered, or was dropped", id)
	} else {
		printLine(p.stdout, "%s to %s, %s, accepted %s", d.ID, d.Endpoint, d.State, since(d.Accepted, now))
		printLine(p.stdout, "%s %s", d.Method, strings.TrimSpace(d.Type+" "+d.Query))
		printLine(p.stdout, "%s", d.Text)
	}
	if len(d.Attempts) == 0 {
		return
	}
	var t table
	t.row("ATTEMPT", "BEGAN", "TOOK", "STATUS", "")
	for _, a := range d.Attempts {
		note := a.Error
		if a.Answer != "" {
			note += ": " + a.Answer
		}
		if !a.Next.IsZero() {
			note += "; again " + moment(a.Next, now)
		}
		t.row(a.Number, since(a.Start, now), time.Duration(a.Millis)*time.Millisecond, a.Status, strings.TrimPrefix(note, ": "))
	}
	t.print(p.stdout)
}
