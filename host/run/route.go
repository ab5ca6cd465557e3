package run

import (
	"net/url"
	"strings"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

// choice is the flow a call runs, as rollout and the configuration name it, and
// the script's argv.
type choice struct {
	flow string
	args []string
}

func chosen(flow string, args []string) (choice, bool) {
	flow = store.FlowName(flow)
	return choice{flow, args}, flow != ""
}

// arrival is what a call shows of itself when it comes in.
type arrival struct{ path, destination, context, caller string }

func arrive(c *outbound.Call) arrival {
	var v [3]string
	c.Snapshot().Pick([]string{"Caller-Destination-Number", "Caller-Context", "Caller-Caller-ID-Number"}, v[:])
	return arrival{path: c.Path(), destination: v[0], context: v[1], caller: v[2]}
}

// choose takes the flow from the socket's path, else from the first matching
// route, else the default flow. It reports false when none of them names one.
func choose(a arrival, routes []config.Route, defaultFlow string) (choice, bool) {
	if c, ok := fromPath(a.path); ok {
		return c, true
	}
	for _, r := range routes {
		groups, ok := r.Destination.Matches(a.destination)
		if !ok || !matches(r.Context, a.context) || !matches(r.Caller, a.caller) {
			continue
		}
		return chosen(r.Flow, expand(r.Args, groups))
	}
	return chosen(defaultFlow, nil)
}

// fromPath reads "inviteToConf/7001": the flow, then argv. A part may be
// URL-encoded, so that it can hold a slash or a blank.
func fromPath(path string) (choice, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		if decoded, err := url.PathUnescape(p); err == nil {
			parts[i] = decoded
		}
	}
	return chosen(parts[0], parts[1:])
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
