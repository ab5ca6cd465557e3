package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// What a push can be about besides an event.
const (
	CallEnd   Trigger = "call_end"
	Recording Trigger = "recording"
)

// A Push has endpoints told of calls, without a script.
type Push struct {
	On        Trigger  `yaml:"on" doc:"call_end: the detail of each call at its end; recording: each recording that has ended; or FreeSWITCH's name of an event, such as CHANNEL_ANSWER"`
	Subclass  string   `yaml:"subclass" doc:"which CUSTOM event; empty: any"`
	Endpoints []string `yaml:"endpoints" form:"a list: [NAME]" doc:"endpoints (endpoints: above) that are told"`
	Flows     []string `yaml:"flows" form:"a list: [FLOW]" doc:"flows whose calls are pushed; empty: every call of every node and flow"`
	Nodes     []string `yaml:"nodes" form:"a list: [NAME]" doc:"nodes whose calls are pushed; empty: every one"`
	Variables []string `yaml:"variables" form:"a list: [NAME, PREFIX*]" doc:"variables of the channel that are pushed too; a PREFIX* leaves out those whose names say that they hold secrets (password, secret, token, crypto, auth, sdp), which must be named in full"`
	Script    Script   `yaml:"script" doc:"script, and its arguments, that may change the document, the global push, before it is sent; push = nil drops it"`
}

func (p *Push) conflicts() (list []conflict) {
	if p.On == "" {
		list = append(list, conflict{[]string{"on"}, "this push does not say of what; add on: call_end"})
	}
	if len(p.Endpoints) == 0 {
		list = append(list, conflict{[]string{"endpoints"}, "this push names no endpoint; add endpoints: [NAME]"})
	}
	if p.Subclass != "" && p.On != "CUSTOM" && p.On != "ALL" {
		list = append(list, conflict{[]string{"subclass", "on"}, "only CUSTOM events have a subclass; write on: CUSTOM"})
	}
	if strings.ContainsAny(p.Subclass, " \t\r\n") {
		list = append(list, conflict{[]string{"subclass"}, fmt.Sprintf("%q is not a subclass: it holds a blank", p.Subclass)})
	}
	for _, name := range p.Variables {
		if bare := strings.TrimSuffix(name, "*"); strings.ContainsAny(bare, "*?${} \t\r\n:") || name == "" {
			list = append(list, conflict{[]string{"variables"}, fmt.Sprintf("%.80q names no variable; write its NAME, or PREFIX* for all whose names begin so", name)})
		} else if strings.HasPrefix(bare, "variable_") {
			list = append(list, conflict{[]string{"variables"}, fmt.Sprintf("write %.80q without variable_, which only events have", name)})
		}
	}
	return list
}

// Label names a push in logs and metrics.
func (p Push) Label() string {
	return strings.Join(strings.Fields(string(p.On)+" "+p.Subclass+" to "+strings.Join(p.Endpoints, ",")), " ")
}

// same reports whether two pushes tell one endpoint the same thing twice.
func (p Push) same(q Push) bool {
	return p.On == q.On && p.Subclass == q.Subclass && p.Script == q.Script && overlap(p.Endpoints, q.Endpoints, false) &&
		overlap(p.Flows, q.Flows, true) && overlap(p.Nodes, q.Nodes, true)
}

// overlap reports whether two lists share an entry; empty ones may mean everything.
func overlap(a, b []string, emptyIsAll bool) bool {
	return emptyIsAll && (len(a) == 0 || len(b) == 0) || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// A Trigger is what a push is about: CallEnd, Recording, or the name of an event.
type Trigger string

// UnmarshalYAML reads a trigger.
func (t *Trigger) UnmarshalYAML(n ast.Node) error { return scalar(n, t.Set) }

// Set reads a trigger in any case.
func (t *Trigger) Set(text string) error {
	if lower := Trigger(strings.ToLower(text)); lower == CallEnd || lower == Recording {
		*t = lower
		return nil
	}
	var name EventName
	if err := name.Set(text); err != nil {
		return fmt.Errorf("%w; besides events there are %s and %s", err, CallEnd, Recording)
	}
	*t = Trigger(name)
	return nil
}

// checkPushes notes what pushes name that the file does not have.
func (t *tree) checkPushes(c *Config) {
	var nodes []string
	for _, n := range c.Nodes {
		nodes = append(nodes, n.Label())
	}
	for i, p := range c.Pushes {
		for j, name := range p.Endpoints {
			if _, ok := c.Endpoints[name]; !ok {
				t.errs = append(t.errs, errorAt(t.at("pushes", i, "endpoints", j), "there is no endpoint %.80q under endpoints:%s", name, didYouMean(name, slices.Sorted(maps.Keys(c.Endpoints)))))
			}
		}
		for j, name := range p.Nodes {
			if len(nodes) > 0 && !slices.Contains(nodes, name) {
				t.errs = append(t.errs, errorAt(t.at("pushes", i, "nodes", j), "there is no node %.80q under nodes:%s", name, didYouMean(name, nodes)))
			}
		}
		for j, before := range c.Pushes[:i] {
			if len(p.Endpoints) > 0 && before.same(p) {
				t.errs = append(t.errs, errorAt(t.at("pushes", i), "this push tells an endpoint what entry %d tells it already; give it other flows, or put the variables of both into one", j+1))
			}
		}
	}
}
