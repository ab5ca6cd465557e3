package syntax

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A dialAnswer tells what FreeSWITCH made of a dial string: the channels of its null
// endpoint, which answer at once, with the variables they began with.
type dialAnswer struct {
	In   string
	Legs []dialledLeg
}

type dialledLeg struct {
	Name string
	Vars map[string]string
}

func TestReadDialStringAsFreeSWITCH(t *testing.T) {
	for r := range recorded[dialAnswer](t, "dial.jsonl") {
		var legs []dialledLeg
		read, err := ReadDialString(r.In)
		for _, d := range read {
			legs = append(legs, answering(d)...)
		}
		byName := func(a, b dialledLeg) int { return cmp.Compare(a.Name, b.Name) }
		if len(read) > 1 { // they are dialled at once
			slices.SortStableFunc(legs, byName)
			slices.SortStableFunc(r.Legs, byName)
		}
		if !slices.EqualFunc(legs, r.Legs, func(a, b dialledLeg) bool { return a.Name == b.Name && maps.Equal(a.Vars, b.Vars) }) {
			t.Errorf("%s\nis read as %+v, %v\nFreeSWITCH dials %q", r.In, read, err, r.Legs)
		}
	}
}

// answering returns the legs of the first group that has null endpoints.
func answering(d DialString) (legs []dialledLeg) {
	for i, group := range d.Groups {
		for j, leg := range group {
			if kind, number, _ := strings.Cut(leg.Endpoint, "/"); kind == "null" {
				legs = append(legs, dialledLeg{"null/" + cmp.Or(number, "service"), effective(d, i, j)})
			}
		}
		if len(legs) > 0 {
			break
		}
	}
	return legs
}
