package syntax

import (
	"fmt"
	"regexp"
)

var (
	nameText     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]*$`)
	endpointText = regexp.MustCompile(`^[A-Za-z0-9_.-]+/(.*[^ ])$`)
)

// maxSize limits the bytes of all endpoints and variables together. FreeSWITCH reads a
// command byte by byte, and escapes may make sixteen of one.
const maxSize = 64 << 10

func (d DialString) size() int {
	size := 0
	add := func(list []Var) {
		for _, v := range list {
			size += len(v.Name) + len(v.Value)
		}
	}
	add(d.Vars)
	for _, legs := range d.Groups {
		for _, leg := range legs {
			size += len(leg.Endpoint)
			add(leg.Vars)
		}
	}
	return size
}

func (d DialString) check() error {
	if size := d.size(); size > maxSize {
		return &DialError{fmt.Sprintf("%d bytes of endpoints and variables", size), fmt.Sprintf("a dial string takes %d", maxSize)}
	}
	if len(d.Groups) > maxPeers {
		return &DialError{fmt.Sprintf("%d endpoints one after the other", len(d.Groups)), fmt.Sprintf("FreeSWITCH takes %d", maxPeers)}
	}
	if err := checkVars(d.Vars); err != nil {
		return err
	}
	for _, legs := range d.Groups {
		if len(legs) > maxPeers {
			return &DialError{fmt.Sprintf("%d endpoints at once", len(legs)), fmt.Sprintf("FreeSWITCH takes %d", maxPeers)}
		}
		for _, leg := range legs {
			if !endpointText.MatchString(leg.Endpoint) {
				return &DialError{fmt.Sprintf("the endpoint %q", leg.Endpoint), "an endpoint begins with its type, as user/1000 or sofia/gateway/gw/1000 do"}
			}
			if why := uncarriable(leg.Endpoint); why != "" {
				return &DialError{fmt.Sprintf("the endpoint %q", leg.Endpoint), why}
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
		return &DialError{fmt.Sprintf("%d variables", len(list)), "FreeSWITCH takes 1000"}
	}
	for _, v := range list {
		if !nameText.MatchString(v.Name) {
			return &DialError{fmt.Sprintf("a variable named %q", v.Name), "a name is letters, digits, _, -, . and :"}
		}
		if why := uncarriable(v.Value); why != "" {
			return &DialError{fmt.Sprintf("the variable %s = %q", v.Name, v.Value), why}
		}
	}
	return nil
}

// uncarriable returns why no dial string can carry s, "" if one can. Control characters are refused
// though some would get through: a line end starts another header in SIP, and
// 1 and 2 are FreeSWITCH's own marks while it parses.
func uncarriable(s string) string {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' {
			return fmt.Sprintf("it has a control character (%q) at byte %d; take it out first", s[i], i+1)
		}
	}
	if hasReference(s) {
		return "it has ${ in it, which FreeSWITCH does not take from a dial string; take it out first: value:gsub(\"%$\", \"\")"
	}
	return ""
}
