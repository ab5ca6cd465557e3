package grant

import (
	"fmt"
	"slices"
)

// CheckEndpoint checks whether the flow may push to an endpoint, by its name in the
// configuration. The error is a *RefusedError.
func (g *Grants) CheckEndpoint(name string) error {
	if slices.Contains(g.Endpoints, name) {
		return nil
	}
	return &RefusedError{Kind: Endpoint, Name: name, text: fmt.Sprintf(
		"the endpoint %s is not granted to this flow; to grant it, write grants: {endpoints: [%s]} in the configuration", shorten(name), list(g.Endpoints, name))}
}
