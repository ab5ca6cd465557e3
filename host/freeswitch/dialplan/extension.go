package dialplan

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
)

// An Extension holds a dialplan's part for one flow: the calls that reach it, and what
// happens to them.
type Extension struct {
	Name       string
	Conditions []Condition // all must hold; the one on the called number is the last
	Path       string      // encoded, for every host; "" leaves the choice to eslua's routes
	NoPath     string      // why there is no path
	Fallback   config.Fallback
	Limit      time.Duration // of the script; 0 for none
}

// A Condition names a field of the call and the pattern that it must match.
type Condition struct{ Field, Expression string }

// Extensions returns the extensions of flows: one for each route to a flow, and
// one for the flow's name where the configuration has no route. If args is not
// nil, they replace the routes' own; $1 to $9 in them are the groups of the
// pattern.
func Extensions(cfg config.Config, flows, args []string) []Extension {
	var all []Extension
	for _, flow := range flows {
		base := Extension{Name: name(flow), Fallback: cfg.Fallback, Limit: time.Duration(cfg.Limits.Duration)}
		if own := cfg.Flows[flow]; own.Fallback != nil {
			base.Fallback = *own.Fallback
		}
		if own := cfg.Flows[flow]; own.Limits != nil {
			base.Limit = time.Duration(own.Limits.Duration)
		}
		routed := 0
		for _, r := range cfg.Routes {
			if config.FlowName(r.Flow) == flow {
				all = append(all, base.forRoute(flow, r, args))
				if routed++; routed > 1 { // FreeSWITCH's log knows extensions by their names
					all[len(all)-1].Name += "-" + strconv.Itoa(routed)
				}
			}
		}
		if routed == 0 {
			var called config.Pattern
			_ = called.Set("^" + regexp.QuoteMeta(strings.ReplaceAll(flow, "/", "-")) + "$")
			all = append(all, base.forRoute(flow, config.Route{Destination: called}, args))
		}
	}
	return all
}

func name(flow string) string { return "eslua-" + strings.ReplaceAll(flow, "/", "-") }

// forRoute returns the extension of one route.
func (x Extension) forRoute(flow string, r config.Route, args []string) Extension {
	if args == nil {
		args = r.Args
	}
	called := "^.*$"
	if r.Destination.Regexp != nil {
		called = r.Destination.String()
	}
	for _, c := range []struct {
		field   string
		pattern config.Pattern
	}{{"context", r.Context}, {"caller_id_number", r.Caller}} {
		if c.pattern.Regexp != nil {
			x.Conditions = append(x.Conditions, Condition{c.field, c.pattern.String()})
		}
	}
	used := groupsUsed(args)
	if len(used) > 0 && !strings.Contains(called, "(") {
		called = "(?:" + called + ")" // without a group FreeSWITCH replaces nothing
	}
	x.Conditions = append(x.Conditions, Condition{"destination_number", called})
	for _, n := range used {
		if !safeGroup(called, n) {
			x.NoPath = "the text that matches may have a meaning in a path, so there is none: the routes of eslua's configuration choose the flow"
			return x
		}
	}
	parts := []string{syntax.PathElement(flow)}
	for _, a := range args {
		parts = append(parts, encodedArgument(a))
	}
	x.Path = strings.Join(parts, "/")
	return x
}
