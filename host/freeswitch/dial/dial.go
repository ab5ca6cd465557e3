// Package dial owns how a dial string is written: endpoints that ring together
// or one after the other, and the variables each of them gets, so that
// FreeSWITCH's parser gives back exactly what was put in, whatever a caller
// sent as his name.
//
// FreeSWITCH reads a dial string in rounds (switch_ivr_originate.c:
// switch_ivr_originate). First {name=value,...} is cut off at its matching
// brace. The rest is split at "|", each piece at ",", each piece of that may
// begin with [name=value...], cut off at its matching bracket. What is in
// brackets is split at its delimiter and then at "=". Every split takes one
// layer of quotes and backslashes off, brackets are matched by counting alone,
// and ":_:" anywhere makes several calls of it. So text is written inside out,
// one layer of escapes a round.
//
// Handing a dial string on, as an argument of an application or of an API
// command, adds layers that are host/freeswitch/syntax's.
package dial

import (
	"fmt"
	"slices"
	"strings"
)

// String is what to dial. Groups are tried one after the other; the legs of a
// group ring together.
type String struct {
	Vars   []Var // of every leg
	Groups [][]Leg
}

// Leg is one endpoint and its own variables, which win over those of every leg.
type Leg struct {
	Endpoint string // "user/1000", "sofia/gateway/gw/0049..."
	Vars     []Var
}

// Var is one channel variable. FreeSWITCH has no empty ones: one without a
// value is left out.
type Var struct{ Name, Value string }

// maxPeers is how many groups, and legs of a group, FreeSWITCH takes
// (switch_ivr_originate.c:MAX_PEERS).
const maxPeers = 128

// Write is the dial string as freeswitch.Session and originate's core take it.
// Without groups it is the braces alone, to stand in front of a dial string
// that comes from elsewhere. The error is a *CarryError.
func (s String) Write() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	general := s.Vars
	if len(s.Groups) == 1 && len(s.Groups[0]) == 1 { // one leg needs no second layer
		leg := s.Groups[0][0]
		general = append(slices.Clone(general), leg.Vars...)
		s.Groups = [][]Leg{{{Endpoint: leg.Endpoint}}}
	} else if s.overridden() {
		general = append(slices.Clone(general), Var{"local_var_clobber", "true"})
	}
	groups := make([]string, len(s.Groups))
	for i, legs := range s.Groups {
		pieces := make([]string, len(legs))
		for j, leg := range legs {
			pieces[j] = leg.write()
		}
		groups[i] = strings.Join(pieces, ",")
	}
	return braced(general) + strings.Join(groups, "|"), nil
}

// overridden reports a leg that sets a variable every leg has.
func (s String) overridden() bool {
	for _, legs := range s.Groups {
		for _, leg := range legs {
			for _, v := range leg.Vars {
				if slices.ContainsFunc(s.Vars, func(g Var) bool { return strings.EqualFold(g.Name, v.Name) }) {
					return true
				}
			}
		}
	}
	return false
}

// CarryError is something no dial string can carry.
type CarryError struct{ What, Reason string }

func (e *CarryError) Error() string { return fmt.Sprintf("%s cannot be dialled: %s", e.What, e.Reason) }
