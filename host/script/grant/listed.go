package grant

import (
	"fmt"
	"slices"
)

// CheckEndpoint checks whether the flow may push to an endpoint, by its name in the
// configuration. The error is a *RefusedError.
func (g *Grants) CheckEndpoint(name string) error {
	return checkName(Endpoint, "endpoints", g.Endpoints, name)
}

// CheckBucket checks whether the flow may use a bucket, by its name in the
// configuration. The error is a *RefusedError.
func (g *Grants) CheckBucket(name string) error { return checkName(Bucket, "buckets", g.Buckets, name) }

// CheckQueue checks whether the flow may use a queue, by its name in the configuration.
// The error is a *RefusedError.
func (g *Grants) CheckQueue(name string) error { return checkName(Queue, "queues", g.Queues, name) }

// CheckCampaign checks whether the flow may have a list dialled, by the campaign's name.
// The error is a *RefusedError.
func (g *Grants) CheckCampaign(name string) error {
	return checkName(Campaign, "campaigns", g.Campaigns, name)
}

// CheckNode checks whether the flow may name a node that is not its own. The error is a
// *RefusedError.
func (g *Grants) CheckNode(name string) error {
	if slices.Contains(g.Nodes, "*") {
		return nil
	}
	return checkName(Node, "nodes", g.Nodes, name)
}

func checkName(kind, setting string, granted []string, name string) error {
	if slices.Contains(granted, name) {
		return nil
	}
	return &RefusedError{Kind: kind, Name: name, text: fmt.Sprintf(
		"the %s %s is not granted to this flow; to grant it, write grants: {%s: [%s]} in the configuration", kind, shorten(name), setting, list(granted, name))}
}
