package dialplan

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/operate/config"
)

// Extension is what one flow needs of the dialplan: who reaches it, and what
// becomes of its calls.
type Extension struct {
	Name       string
	Conditions []Condition // all must hold; the one on the called number is the last
	Path       string      // encoded, behind each host; "" leaves the choice to eslua's routes
	Why        string      // there is no path
	Fallback   config.Fallback
	Limit      time.Duration // of the script; 0 is none
}

// Condition is a field of the call and the pattern it matches.
type Condition struct{ Field, Expression string }

// Extensions are what the configuration makes of flows: one for each route to a
// flow, and one that is reached by the flow's name where there is no route. args
// stand in for the routes' own; $1 to $9 in them are the groups of the pattern.
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
				all = append(all, base.by(flow, r, args))
				if routed++; routed > 1 { // FreeSWITCH's log tells extensions by their names
					all[len(all)-1].Name += "-" + strconv.Itoa(routed)
				}
			}
		}
		if routed == 0 {
			var called config.Pattern
			_ = called.Set("^" + regexp.QuoteMeta(strings.ReplaceAll(flow, "/", "-")) + "$")
			all = append(all, base.by(flow, config.Route{Destination: called}, args))
		}
	}
	return all
}

func name(flow string) string { return "eslua-" + strings.ReplaceAll(flow, "/", "-") }

// by is the extension of one route.
func (x Extension) by(flow string, r config.Route, args []string) Extension {
	if args == nil {
		args = r.Args
	}
	called := "^.*$"
	if r.Destination.Regexp != nil {
		called = r.Destination.String()
	}
	for _, c := range []struct {
		field string
		of    config.Pattern
	}{{"context", r.Context}, {"caller_id_number", r.Caller}} {
		if c.of.Regexp != nil {
			x.Conditions = append(x.Conditions, Condition{c.field, c.of.String()})
		}
	}
	used := groupsUsed(args)
	if len(used) > 0 && !strings.Contains(called, "(") {
		called = "(?:" + called + ")" // FreeSWITCH replaces nothing where it sees no group
	}
	x.Conditions = append(x.Conditions, Condition{"destination_number", called})
	for _, n := range used {
		if !plainGroup(called, n) {
			x.Why = "what matches may mean something in a path: without one, the routes of eslua's configuration choose"
			return x
		}
	}
	parts := []string{encoded(flow)}
	for _, a := range args {
		parts = append(parts, encodedArgument(a))
	}
	x.Path = strings.Join(parts, "/")
	return x
}
