package dial

import (
	"fmt"
	"regexp"
)

var (
	nameText     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]*$`)
	endpointText = regexp.MustCompile(`^[A-Za-z0-9_.-]+/(.*[^ ])$`)
)

// maxSize is how many bytes all values may have. FreeSWITCH reads a command
// byte by byte, and escapes may make sixteen of one.
const maxSize = 64 << 10

func (s String) size() int {
	size := 0
	add := func(list []Var) {
		for _, v := range list {
			size += len(v.Name) + len(v.Value)
		}
	}
	add(s.Vars)
	for _, legs := range s.Groups {
		for _, leg := range legs {
			size += len(leg.Endpoint)
			add(leg.Vars)
		}
	}
	return size
}

func (s String) check() error {
	if size := s.size(); size > maxSize {
		return &CarryError{fmt.Sprintf("%d bytes of endpoints and variables", size), fmt.Sprintf("a dial string takes %d", maxSize)}
	}
	if len(s.Groups) > maxPeers {
		return &CarryError{fmt.Sprintf("%d endpoints one after the other", len(s.Groups)), fmt.Sprintf("FreeSWITCH takes %d", maxPeers)}
	}
	if err := checkVars(s.Vars); err != nil {
		return err
	}
	for _, legs := range s.Groups {
		if len(legs) > maxPeers {
			return &CarryError{fmt.Sprintf("%d endpoints at once", len(legs)), fmt.Sprintf("FreeSWITCH takes %d", maxPeers)}
		}
		for _, leg := range legs {
			if !endpointText.MatchString(leg.Endpoint) {
				return &CarryError{fmt.Sprintf("the endpoint %q", leg.Endpoint), "an endpoint begins with its type, as user/1000 or sofia/gateway/gw/1000 do"}
			}
			if why := uncarried(leg.Endpoint); why != "" {
				return &CarryError{fmt.Sprintf("the endpoint %q", leg.Endpoint), why}
			}
			if err := checkVars(leg.Vars); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkVars(list []Var) error {
	if len(list) > 1000 { // switch_event.c:switch_event_create_brackets takes 1024
		return &CarryError{fmt.Sprintf("%d variables", len(list)), "FreeSWITCH takes 1000"}
	}
	for _, v := range list {
		if !nameText.MatchString(v.Name) {
			return &CarryError{fmt.Sprintf("a variable named %q", v.Name), "a name is letters, digits, _, -, . and :"}
		}
		if why := uncarried(v.Value); why != "" {
			return &CarryError{fmt.Sprintf("the variable %s = %q", v.Name, v.Value), why}
		}
	}
	return nil
}

// uncarried says why a text cannot be carried. Control characters are refused
// though some would get through: a line end starts another header in SIP, and
// 1 and 2 are FreeSWITCH's own marks while it parses.
func uncarried(s string) string {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' {
			return fmt.Sprintf("it has a control character (%q) at byte %d; take it out first", s[i], i+1)
		}
	}
	dollar := false
	for i := range len(s) { // switch_utils.h:switch_string_var_check_const
		switch {
		case s[i] == '$':
			dollar = true
		case dollar && s[i] == '{':
			return "it has ${ in it, which FreeSWITCH does not take from a dial string; take it out first: value:gsub(\"%$\", \"\")"
		case s[i] != '\\':
			dollar = false
		}
	}
	return ""
}
