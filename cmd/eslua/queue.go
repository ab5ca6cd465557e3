package main

import (
	"time"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/queue"
	"github.com/spf13/cobra"
)

func queueCommand(p *program) *cobra.Command {
	return letterKind[queue.Letter, queue.Letter]{
		noun: "message", nouns: "messages", box: "queue", boxes: queueNames, letters: (*admin.Client).Messages,
		id:      func(l queue.Letter) string { return l.ID },
		heading: []any{"QUEUE", "BYTES", "PUBLISHED", ""},
		row: func(l queue.Letter, now time.Time) []any {
			return []any{l.Queue, l.Bytes, since(l.Published, now), l.Error}
		},
		more: "and %d more", print: printMessage,
	}.command(p, &cobra.Command{
		Use:   "queue",
		Short: "show the messages of queues that wait or were given up, and try or drop them",
		Long: `Show the messages of queues that the running eslua keeps: those that wait for their script and those
that were given up (dead); try or drop them.`,
		Example: examples(
			"which messages wait or were given up", "eslua queue",
			"drop those of the queue recordings that were given up a week ago", "eslua queue drop --queue recordings --state dead --older 168h --all",
		),
	})
}

func printMessage(p *program, _ string, l queue.Letter) {
	printLine(p.stdout, "%s in %s, %s, published %s", l.ID, l.Queue, l.State, since(l.Published, p.clock.Now()))
	if l.Error != "" {
		printLine(p.stdout, "given up: %s", l.Error)
	}
	printLine(p.stdout, "%s", l.Text)
}
