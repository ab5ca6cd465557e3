package flowtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/eslua/eslua/host/operate/config"
)

var errBegun = errors.New("the test has waited already, and the host runs: say this before")

// Configure sets settings besides those of the configuration, with the same names.
func (s *Scene) Configure(more map[string]any) error {
	if s.sim != nil {
		return errBegun
	}
	settings := map[string]any{}
	if err := yaml.Unmarshal(s.base, &settings); err != nil {
		return err
	}
	own := merge(s.own, more)
	text, err := yaml.Marshal(merge(settings, own))
	if err != nil {
		return err
	}
	cfg, err := config.Parse("config", text)
	if err != nil {
		return err
	}
	s.own, s.config = own, cfg
	return nil
}

// merge returns the settings with others over them.
func merge(settings, over map[string]any) map[string]any {
	merged := maps.Clone(settings)
	if merged == nil {
		merged = map[string]any{}
	}
	for name, value := range over {
		below, isBelow := merged[name].(map[string]any)
		if inner, ok := value.(map[string]any); ok && isBelow {
			value = merge(below, inner)
		}
		merged[name] = value
	}
	return merged
}

// Plain makes a value of a configuration of a table that has come from Lua: a list if its
// keys count from 1.
func Plain(v any) (any, error) {
	t, ok := v.(map[any]any)
	if !ok {
		return v, nil
	}
	if len(t) > 0 && t[float64(1)] != nil {
		list := make([]any, len(t))
		for i := range list {
			item, ok := t[float64(i+1)]
			if !ok {
				return nil, fmt.Errorf("a table has both names and a list")
			}
			var err error
			if list[i], err = Plain(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	m := map[string]any{}
	for _, k := range slices.Collect(maps.Keys(t)) {
		inner, err := Plain(t[k])
		if err != nil {
			return nil, err
		}
		m[fmt.Sprint(k)] = inner
	}
	return m, nil
}
