package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// subExamples are the examples of commands below a command, and of small ones.
var subExamples = map[string]string{
	"version":           examples("which eslua this is", "eslua version"),
	"demo":              examples("see two calls and an edit", "eslua demo"),
	"man":               examples("have man find eslua", "eslua man /usr/local/share/man/man1"),
	"help":              examples("describe eslua trace", "eslua help trace", "describe a command below a command", "eslua help node drain"),
	"scripts list":      examples("which version of each flow is served, and to which calls", "eslua scripts list --calls"),
	"scripts history":   examples("what has changed, and when", "eslua scripts history", "what has changed in the flow menu", "eslua scripts history menu"),
	"scripts diff":      examples("the last change of the flow menu", "eslua scripts diff menu", "what has changed since the generation 8a3f", "eslua scripts diff 8a3f"),
	"scripts rollback":  examples("serve all flows as they were before the last change", "eslua scripts rollback", "serve the flow menu as it was in the generation 8a3f", "eslua scripts rollback menu 8a3f"),
	"scripts pin":       examples("serve the flow menu as it was in the generation 8a3f, whatever is saved", "eslua scripts pin menu 8a3f"),
	"scripts unpin":     examples("serve what is saved of the flow menu again", "eslua scripts unpin menu"),
	"node list":         examples("how the nodes are doing, for a program", "eslua node list --json"),
	"node drain":        examples("keep new calls of eslua and of the proxy away from fs1", "eslua node drain fs1 --pause"),
	"node resume":       examples("let fs1 have new calls again", "eslua node resume fs1"),
	"campaign list":     examples("which campaigns there are, and how far they have come", "eslua campaign list"),
	"campaign show":     examples("watch the campaign reminder until it has ended", "eslua campaign show reminder --watch"),
	"campaign results":  examples("what came of each number, for a spreadsheet", "eslua campaign results reminder >reminder.csv", "for a program", "eslua campaign results reminder --format json"),
	"campaign pause":    examples("place no more calls of the campaign reminder for a while", "eslua campaign pause reminder"),
	"campaign resume":   examples("go on with the campaign reminder", "eslua campaign resume reminder"),
	"campaign stop":     examples("end the campaign reminder", "eslua campaign stop reminder"),
	"campaign priority": examples("let the campaign reminder go before the others", "eslua campaign priority reminder 9"),
	"campaign remove":   examples("have the campaign reminder forgotten", "eslua campaign remove reminder"),
	"outbox list":       examples("which pushes were given up", "eslua outbox list --state dead"),
	"outbox show":       examples("what is in a push, and how its attempts ended", "eslua outbox show 01a222c0-21e0-7153-84a7-7df2f2a69c90"),
	"outbox retry":      examples("try all again that were given up for the endpoint crm", "eslua outbox retry --endpoint crm --state dead --all"),
	"outbox drop":       examples("drop what was given up more than a week ago", "eslua outbox drop --state dead --older 168h --all"),
	"queue list":        examples("which messages of the queue recordings wait or were given up", "eslua queue list --queue recordings"),
	"queue show":        examples("what is in a message, and why it was given up", "eslua queue show 01a222c0-21e0-7153-84a7-7df2f2a69c90"),
	"queue retry":       examples("try all messages of the queue recordings again that were given up", "eslua queue retry --queue recordings --state dead --all"),
	"queue drop":        examples("drop one message", "eslua queue drop 01a222c0-21e0-7153-84a7-7df2f2a69c90"),
}

// addExamples gives examples to the commands that have none.
func addExamples(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Example == "" {
			sub.Example = subExamples[strings.TrimPrefix(sub.CommandPath(), c.Root().Name()+" ")]
		}
		addExamples(sub)
	}
}
