package replay

import (
	"math"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/trace"
)

// Differ returns where two ladders of a call differ first: the number of the rung in each of
// them, -1 if they do not differ. Times, and the lines of a script that was edited, may differ.
// So may the order in which the script did something and something happened to the channel:
// nobody chose it when both came at the same moment.
func (p *Peer) Differ(real, now trace.Ladder) (inReal, inNow int) {
	inReal, inNow = math.MaxInt, math.MaxInt
	for _, ofChannel := range []bool{false, true} {
		a, b := side(real, ofChannel), side(now, ofChannel)
		for i := range max(len(a), len(b)) {
			if i < len(a) && i < len(b) && p.sameRung(real.Steps[a[i]], now.Steps[b[i]]) {
				continue
			}
			inReal, inNow = min(inReal, at(a, i, real)), min(inNow, at(b, i, now))
			break
		}
	}
	if inReal == math.MaxInt {
		return -1, -1
	}
	return inReal, inNow
}

// side returns the numbers of the rungs that tell of the channel, or of those that tell of
// the script and its host.
func side(l trace.Ladder, ofChannel bool) (rungs []int) {
	for i, r := range l.Steps {
		if (r.Who == trace.Switch || r.Who == trace.Caller) == ofChannel {
			rungs = append(rungs, i)
		}
	}
	return rungs
}

// at returns the rung of a ladder that is number i of one side, or where it would be.
func at(side []int, i int, l trace.Ladder) int {
	if i < len(side) {
		return side[i]
	}
	return len(l.Steps)
}

func (p *Peer) sameRung(a, b trace.Rung) bool {
	return a.Who == b.Who && a.Kind == b.Kind && p.same.equal(a.What, b.What)
}

// equal compares texts of rungs. Where one of them masks keys, the other may have others:
// a number that happens to hold the keys that were pressed is masked, too.
func (n *names) equal(real, now string) bool {
	if real == now {
		return true
	}
	real, now = id.ReplaceAllString(n.replace(real), "id"), id.ReplaceAllString(now, "id")
	if strings.Contains(real+now, trace.Masked) {
		real, now = pressed.ReplaceAllString(real, trace.Masked), pressed.ReplaceAllString(now, trace.Masked)
	}
	return real == now
}

// pressed matches keys, masked or not.
var pressed = regexp.MustCompile(`([0-9*#]|` + trace.Masked + `)+`)
