package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/spell"
)

// MisspeltGrants returns the names in grants that FreeSWITCH does not have but for a
// typing error, as in deny: [orignate], which would deny nothing, and the databases, endpoints,
// buckets, queues and nodes that the configuration does not have.
func (c Config) MisspeltGrants(file string) (list Errors) {
	nodes := []string{"*"}
	for _, n := range c.Nodes {
		nodes = append(nodes, n.Label())
	}
	check := func(g *grant.Grants, path ...any) {
		for _, of := range []struct {
			setting, noun string
			rule          grant.Rule
			meant         func(string) string
		}{{"api", "API command", g.API, grant.MeantCommand}, {"apps", "application", g.Apps, syntax.MeantApplication}} {
			for under, names := range map[string][]grant.Name{"allow": of.rule.Allow, "deny": of.rule.Deny, "only": of.rule.Only} {
				for i, name := range names {
					first, _, _ := strings.Cut(string(name), " ")
					line := Line(file, slices.Concat(path, []any{of.setting, under, i})...)
					if meant := of.meant(first); meant != "" && line > 0 { // else it is a general one
						list = append(list, &Error{file, line, fmt.Sprintf("FreeSWITCH has no %s %q; did you mean %s?", of.noun, first, meant)})
					}
				}
			}
		}
		for _, of := range []struct {
			setting, noun string
			names, known  []string
		}{
			{"databases", "database", g.Databases, slices.Sorted(maps.Keys(c.Databases))},
			{"endpoints", "endpoint", g.Endpoints, slices.Sorted(maps.Keys(c.Endpoints))},
			{"buckets", "bucket", g.Buckets, slices.Sorted(maps.Keys(c.Buckets))},
			{"queues", "queue", g.Queues, slices.Sorted(maps.Keys(c.Queues))},
			{"nodes", "node", g.Nodes, nodes},
		} {
			for i, name := range of.names {
				if line := Line(file, slices.Concat(path, []any{of.setting, i})...); line > 0 && !slices.Contains(of.known, name) {
					list = append(list, &Error{file, line, fmt.Sprintf("there is no %s %q under %s:", of.noun, name, of.setting) + didYouMean(name, of.known)})
				}
			}
		}
		for i, name := range g.Campaigns {
			if line := Line(file, slices.Concat(path, []any{"campaigns", i})...); line > 0 && !campaignName.MatchString(name) {
				list = append(list, &Error{file, line, fmt.Sprintf("%q is no name of a campaign; write 1 to 64 letters, digits, - and _", name)})
			}
		}
	}
	check(&c.Grants, "grants")
	for _, flow := range slices.Sorted(maps.Keys(c.Flows)) {
		if g := c.Flows[flow].Grants; g != nil {
			check(g, "flows", flow, "grants")
		}
	}
	return list
}

// campaignName is what host/durable takes for a name.
var campaignName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func didYouMean(name string, known []string) string {
	if near := spell.Nearest(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
