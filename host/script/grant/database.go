package grant

import (
	"fmt"
	"slices"
	"strings"
)

// CheckDatabase checks whether the flow may use a database, by its name in the
// configuration. The error is a *RefusedError.
func (g *Grants) CheckDatabase(name string) error {
	if slices.Contains(g.Databases, name) {
		return nil
	}
	all := strings.Join(append(slices.Clip(g.Databases), name), ", ")
	return &RefusedError{Kind: Database, Name: name, text: fmt.Sprintf(
		"the database %q is not granted to this flow; to grant it, write grants: {databases: [%s]} in the configuration", name, all)}
}
