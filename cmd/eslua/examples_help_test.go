package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command has examples, which the command line takes.
func TestEveryCommandHasExamples(t *testing.T) {
	p := &program{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	root := rootCommand(p)
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		shown := 0
		for line := range strings.Lines(c.Example) {
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			at := -1
			for i, w := range words {
				if w == "eslua" && (i == 0 || words[0] != "#") {
					at = i
					break
				}
			}
			if at < 0 {
				continue
			}
			shown++
			of, rest, err := root.Find(words[at+1:])
			if err != nil || of != c && c != root && !c.HasSubCommands() {
				t.Errorf("%s has an example of another command: %s (%v)", c.CommandPath(), line, err)
				continue
			}
			for _, w := range rest {
				name, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
				if strings.HasPrefix(w, "--") && of.Flag(name) == nil {
					t.Errorf("%s: there is no flag %s: %s", c.CommandPath(), w, line)
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s has no examples", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
}
