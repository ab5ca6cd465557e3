package grant

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var grantLine = regexp.MustCompile(`to grant it, write grants: (\{.*\}) in the configuration`)

// opened applies the grant that each refusal of a text names, until the text passes. It
// returns the grants and their names, or false if a refusal says that no grant permits it.
func opened(t *testing.T, w way) (Grants, []string, bool) {
	t.Helper()
	g := Default()
	g.Own = []string{"127.0.0.1:8084"}
	var names []string
	for range 16 {
		err := ask(&g, w.how, w.text)
		var refused *RefusedError
		if err == nil {
			return g, names, true
		}
		if !errors.As(err, &refused) {
			t.Fatalf("%s %s: %v", w.how, w.text, err)
		}
		m := grantLine.FindStringSubmatch(err.Error())
		if m == nil {
			if !strings.Contains(err.Error(), "whatever is granted") {
				t.Errorf("%s %s: it names no grant: %v", w.how, w.text, err)
			}
			return g, names, false
		}
		if err := yaml.UnmarshalWithOptions([]byte(m[1]), &g, yaml.Strict()); err != nil {
			t.Fatalf("%s %s: it names a grant that cannot be written: %v\n%v", w.how, w.text, err, refused)
		}
		names = append(names, section(refused.Kind)+" "+refused.Name)
	}
	t.Errorf("%s %s: refused after all that it names is granted: %v", w.how, w.text, names)
	return g, names, false
}

// Every refusal names what permits the text, and that permits nothing else: no other text
// passes that needs anything more.
func TestARefusalNamesWhatPermitsItAndNoMore(t *testing.T) {
	type open struct {
		way
		grants Grants
		names  []string
	}
	var all []open
	for _, w := range allWays() {
		if g, names, ok := opened(t, w); ok {
			all = append(all, open{w, g, names})
		}
	}
	if len(all) < 300 {
		t.Fatalf("only %d texts can be granted", len(all))
	}
	tried := map[string]bool{}
	for _, one := range all {
		names := slices.Clone(one.names)
		slices.Sort(names)
		if key := strings.Join(names, ","); tried[key] {
			continue
		} else {
			tried[key] = true
		}
		for _, other := range all {
			more := slices.ContainsFunc(other.names, func(n string) bool { return !slices.Contains(names, n) })
			if more && ask(&one.grants, other.how, other.text) == nil {
				t.Errorf("%v, which %s %s needs, permits %s %s, which needs %v", names, one.how, one.text, other.how, other.text, other.names)
			}
		}
	}
	t.Logf("%d texts with %d sets of grants", len(all), len(tried))

}

// allWays lists all texts that need a grant.
func allWays() []way { return slices.Concat(ways(), sharedWays) }
