package flowtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim"
)

// Idle tells what persons were to do when a sound or an application begins that has never
// begun: the test is about something else than it looks.
func (s *Scene) Idle() (list []Mismatch) {
	if s.sim == nil {
		return nil
	}
	for _, c := range s.calls {
		list = append(list, s.idle(describeCall(c.Caller), c.Person, []string{c.uuid})...)
	}
	for _, p := range s.answer.phones {
		var answered []string
		for _, r := range s.sim.Records() {
			if r.Direction == "outbound" && like(p.Dial, r.Dial) && s.isAnswered(r) {
				answered = append(answered, r.UUID)
			}
		}
		if len(answered) > 0 {
			list = append(list, s.idle("the leg "+p.Dial, p.Person, answered)...)
		}
	}
	return list
}

func (s *Scene) isAnswered(r switchsim.Record) bool { return len(s.ladder.of(r.UUID, "answer")) > 0 }

func (s *Scene) idle(who string, p Person, uuids []string) (list []Mismatch) {
	for _, what := range slices.Sorted(maps.Keys(p.On)) {
		kind, begins := "play", func(seen string) bool { return strings.Contains(seen, what) }
		if app, is := strings.CutPrefix(what, "app "); is {
			kind, begins = "execute", func(seen string) bool { name, _, _ := strings.Cut(seen, " "); return name == strings.TrimSpace(app) }
		}
		begun := slices.ContainsFunc(uuids, func(uuid string) bool {
			return slices.ContainsFunc(s.ladder.of(uuid, kind), func(r Rung) bool { return begins(r.What) })
		})
		if !begun {
			list = append(list, Mismatch{What: "person", Text: fmt.Sprintf("on = {[%q] = ...} of %s never happens: nothing of that name begins", what, who)})
		}
	}
	return list
}
