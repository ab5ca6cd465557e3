package admin

import (
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// namedFlow is a flow that a setting names.
type namedFlow struct{ setting, flow string }

// namedFlows returns the flows that a configuration names, with their settings.
func namedFlows(cfg config.Config) (list []namedFlow) {
	if cfg.DefaultFlow != "" {
		list = append(list, namedFlow{"default_flow", cfg.DefaultFlow})
	}
	for _, r := range cfg.Routes {
		list = append(list, namedFlow{"routes", r.Flow})
	}
	for _, flow := range slices.Sorted(maps.Keys(cfg.Flows)) {
		list = append(list, namedFlow{"flows", flow})
	}
	return list
}

// missingFlows returns the settings that name flows that do not exist, so that
// their calls fail or the settings have no effect. The answer can change with
// every change of the scripts.
func (s *Service) missingFlows() (settings []string) {
	s.mu.Lock()
	named := s.named
	s.mu.Unlock()
	scripts := s.parts.Scripts.Current()
	for _, n := range named {
		if scripts.Version(n.flow) == "" || n.setting == "flows" && strings.HasSuffix(n.flow, ".lua") {
			settings = append(settings, n.setting+": "+n.flow)
		}
	}
	return slices.Compact(settings)
}
