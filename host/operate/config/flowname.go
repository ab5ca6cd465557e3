package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// FlowName returns a flow's name for a name that may end in .lua, as those in
// routes, socket paths and commands may.
func FlowName(name string) string { return strings.TrimSuffix(name, ".lua") }

// A NamedFlow tells which flow a setting names.
type NamedFlow struct {
	Setting string // "default_flow", "routes", "flows", "startup", "hooks", "pushes", "xml.scripts" or "on_hangup"
	Flow    string // as it is written
	Path    []any  // of the setting, for Line
}

// NamedFlows returns the flows that the configuration names.
func (c Config) NamedFlows() (list []NamedFlow) {
	if c.DefaultFlow != "" {
		list = append(list, NamedFlow{"default_flow", c.DefaultFlow, []any{"default_flow"}})
	}
	for i, r := range c.Routes {
		if r.Flow != "" {
			list = append(list, NamedFlow{"routes", r.Flow, []any{"routes", i, "flow"}})
		}
	}
	for i, s := range c.Startup {
		list = append(list, NamedFlow{"startup", s.Name(), []any{"startup", i}})
	}
	for i, h := range c.Hooks {
		if h.Script != "" {
			list = append(list, NamedFlow{"hooks", h.Script.Name(), []any{"hooks", i, "script"}})
		}
	}
	for i, p := range c.Pushes {
		for j, flow := range p.Flows {
			list = append(list, NamedFlow{"flows", flow, []any{"pushes", i, "flows", j}})
		}
		if p.Script != "" {
			list = append(list, NamedFlow{"pushes", p.Script.Name(), []any{"pushes", i, "script"}})
		}
	}
	for _, section := range slices.Sorted(maps.Keys(c.XML.Scripts)) {
		list = append(list, NamedFlow{"xml.scripts", c.XML.Scripts[section].Name(), []any{"xml", "scripts", section}})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Queues)) {
		if script := c.Queues[name].Script; script != "" {
			list = append(list, NamedFlow{"queues", script.Name(), []any{"queues", name, "script"}})
		}
	}
	for _, flow := range slices.Sorted(maps.Keys(c.Flows)) {
		list = append(list, NamedFlow{"flows", flow, []any{"flows", flow}})
		if after := c.Flows[flow].OnHangup; after != "" {
			list = append(list, NamedFlow{"on_hangup", after.Name(), []any{"flows", flow, "on_hangup"}})
		}
	}
	return list
}

// IsJob reports whether a script is named as a job and not as a flow, so that no call is
// meant to run it.
func (c Config) IsJob(script string) (isJob bool) {
	for _, n := range c.NamedFlows() {
		if FlowName(n.Flow) != script {
			continue
		}
		switch n.Setting {
		case "default_flow", "routes":
			return false
		case "flows": // its settings, whatever runs it
		default:
			isJob = true
		}
	}
	return isJob
}

// Exists reports whether the setting takes effect, by whether a flow of a name exists.
// The settings of a flow are under its name, which has no .lua.
func (n NamedFlow) Exists(exists func(flow string) bool) bool {
	return exists(FlowName(n.Flow)) && (n.Setting != "flows" || n.Flow == FlowName(n.Flow))
}

// DescribeFlows returns the end of an error about a flow that does not exist: which
// one was meant, else which there are.
func DescribeFlows(missing string, names []string) string {
	if near := spell.Nearest(missing, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return "there are no flows"
	}
	return "the flows are " + Shorten(names)
}

// Deeper returns the flow of a subdirectory that a path was meant to name, which means
// a flow with arguments; "" if there is none.
func Deeper(flow string, args []string, exists func(flow string) bool) string {
	for _, arg := range args {
		if flow += "/" + arg; exists(FlowName(flow)) {
			return FlowName(flow)
		}
	}
	return ""
}

// Shorten lists the first of many names, and how many more there are.
func Shorten(names []string) string {
	const shown = 12
	if more := len(names) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), more)
	}
	return strings.Join(names, ", ")
}
