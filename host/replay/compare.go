package replay

import (
	"github.com/eslua/eslua/host/trace"
)

// Differ returns the number of the first rung in which two ladders of a call differ, -1 if
// none does. Times, and the lines of a script that was edited, may differ.
func (p *Peer) Differ(real, now trace.Ladder) int {
	for i := range max(len(real.Steps), len(now.Steps)) {
		if i >= len(real.Steps) || i >= len(now.Steps) {
			return i
		}
		a, b := real.Steps[i], now.Steps[i]
		if a.N != b.N || a.Who != b.Who || a.Kind != b.Kind || !p.same.equal(a.What, b.What) {
			return i
		}
	}
	return -1
}

// equal compares texts of rungs.
func (n *names) equal(real, now string) bool {
	return real == now || id.ReplaceAllString(n.replace(real), "id") == id.ReplaceAllString(now, "id")
}
