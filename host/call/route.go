package call

import (
	"net/url"
	"strings"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/config"
)

// A route is the flow that a call runs, as rollout and the configuration name it,
// and the script's arguments.
type route struct {
	flow string
	args []string
}

// newRoute reports false if the flow is not named.
func newRoute(flow string, args []string) (route, bool) {
	name := config.FlowName(flow)
	return route{name, args}, name != ""
}

// An arrival describes a call whose path names no flow: its flow is chosen by these.
type arrival struct{ destination, context, caller string }

func newArrival(c *outbound.Call) arrival {
	var v [3]string
	c.Snapshot().Pick([]string{"Caller-Destination-Number", "Caller-Context", "Caller-Caller-ID-Number"}, v[:])
	return arrival{destination: v[0], context: v[1], caller: v[2]}
}

// choose returns the flow of the first route that matches, else the default flow. It
// reports false when none names one.
func choose(a arrival, routes []config.Route, defaultFlow string) (route, bool) {
	for _, r := range routes {
		groups, ok := r.Destination.Matches(a.destination)
		if !ok || !matches(r.Context, a.context) || !matches(r.Caller, a.caller) {
			continue
		}
		return newRoute(r.Flow, expand(r.Args, groups))
	}
	return newRoute(defaultFlow, nil)
}

// fromPath reads "inviteToConf/7001": the flow, then argv. A part may be
// URL-encoded, so that it can hold a slash or a blank.
func fromPath(path string) (route, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		if decoded, err := url.PathUnescape(p); err == nil {
			parts[i] = decoded
		}
	}
	return newRoute(parts[0], parts[1:])
}

func matches(p config.Pattern, text string) bool {
	_, ok := p.Matches(text)
	return ok
}

// expand puts the groups of the destination's pattern into the arguments.
func expand(args, groups []string) []string {
	var pairs []string
	for i, g := range groups {
		if i <= 9 {
			pairs = append(pairs, "$"+string(rune('0'+i)), g)
		}
	}
	replace := strings.NewReplacer(pairs...)
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = replace.Replace(a)
	}
	return out
}
