package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// named is a flow that a setting names.
type named struct{ setting, flow string }

// flowsNamed are the flows that a configuration names, each once for a setting.
func flowsNamed(cfg config.Config) (list []named) {
	if cfg.DefaultFlow != "" {
		list = append(list, named{"default_flow", cfg.DefaultFlow})
	}
	for _, r := range cfg.Routes {
		list = append(list, named{"routes", r.Flow})
	}
	for _, flow := range slices.Sorted(maps.Keys(cfg.Flows)) {
		list = append(list, named{"flows", flow})
	}
	return list
}

// strays are the settings that name flows which are not among the scripts: their
// calls fail, or they hold for nothing. A save can bring the flow at any time.
func (d *desk) strays() (list []string) {
	d.mu.Lock()
	all := d.named
	d.mu.Unlock()
	scripts := d.host.scripts.Current()
	for _, n := range all {
		if scripts.Version(n.flow) == "" || n.setting == "flows" && strings.HasSuffix(n.flow, ".lua") {
			list = append(list, fmt.Sprintf("%s: %s", n.setting, n.flow))
		}
	}
	return slices.Compact(list)
}
