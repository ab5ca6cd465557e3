package config

import (
	"fmt"
	"strings"
)

// FlowName returns a flow's name for a name that may end in .lua, as those in
// routes, socket paths and commands may.
func FlowName(name string) string { return strings.TrimSuffix(name, ".lua") }

// DescribeFlows returns a sentence that lists flows, for errors about a flow that
// does not exist.
func DescribeFlows(names []string) string {
	if len(names) == 0 {
		return "there are no flows"
	}
	return "the flows are " + Shorten(names)
}

// Shorten lists the first of many names, and how many more there are.
func Shorten(names []string) string {
	const shown = 12
	if more := len(names) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), more)
	}
	return strings.Join(names, ", ")
}
