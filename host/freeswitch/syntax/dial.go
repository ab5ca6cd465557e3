package syntax

import (
	"fmt"
	"slices"
	"strings"
)

// A DialString says what to dial. Groups are tried one after the other; the legs
// of a group ring together.
//
// FreeSWITCH reads a dial string in rounds (switch_ivr_originate.c:
// switch_ivr_originate). First {name=value,...} is cut off at its matching
// brace. The rest is split at "|", each piece at ",", each piece of that may
// begin with [name=value...], cut off at its matching bracket. The text in
// brackets is split at its delimiter and then at "=". Every split removes one
// layer of quotes and backslashes, brackets are matched by counting alone, and
// ":_:" anywhere makes several dial strings of it. So text is written inside
// out, one layer of escapes for each round. A dial string that becomes part of
// an application's argument or of an API command needs Literal or Word besides.
type DialString struct {
	Vars   []Var // of every leg
	Groups [][]Leg
}

// A Leg is one endpoint and its own variables, which override those of every leg.
type Leg struct {
	Endpoint string // "user/1000", "sofia/gateway/gw/0049..."
	Vars     []Var
}

// A Var is one channel variable. FreeSWITCH has no empty ones: a variable
// without a value is left out.
type Var struct{ Name, Value string }

// maxPeers limits the groups, and the legs in a group
// (switch_ivr_originate.c:MAX_PEERS).
const maxPeers = 128

// Write returns the dial string as freeswitch.Session and originate read it.
// Without groups it is the variables alone, to precede a dial string that comes
// from elsewhere. The error is a *DialError.
func (d DialString) Write() (string, error) {
	if err := d.check(); err != nil {
		return "", err
	}
	general := d.Vars
	if len(d.Groups) == 1 && len(d.Groups[0]) == 1 { // one leg needs no second layer
		leg := d.Groups[0][0]
		general = append(slices.Clone(general), leg.Vars...)
		d.Groups = [][]Leg{{{Endpoint: leg.Endpoint}}}
	} else if d.overridden() {
		general = append(slices.Clone(general), Var{"local_var_clobber", "true"})
	}
	groups := make([]string, len(d.Groups))
	for i, legs := range d.Groups {
		pieces := make([]string, len(legs))
		for j, leg := range legs {
			pieces[j] = leg.write()
		}
		groups[i] = strings.Join(pieces, ",")
	}
	return Variables(general) + strings.Join(groups, "|"), nil
}

// overridden reports whether a leg sets a variable that every leg has.
func (d DialString) overridden() bool {
	for _, legs := range d.Groups {
		for _, leg := range legs {
			for _, v := range leg.Vars {
				if slices.ContainsFunc(d.Vars, func(g Var) bool { return strings.EqualFold(g.Name, v.Name) }) {
					return true
				}
			}
		}
	}
	return false
}

// A DialError says what no dial string can carry, and why.
type DialError struct{ What, Reason string }

func (e *DialError) Error() string { return fmt.Sprintf("%s cannot be dialled: %s", e.What, e.Reason) }
