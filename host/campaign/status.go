package campaign

import (
	"cmp"
	"slices"
)

// A Status is a campaign that this host leads.
type Status struct {
	Name     string         `json:"name"`
	State    string         `json:"state"`
	Progress Progress       `json:"progress"`
	Calls    map[string]int `json:"calls,omitempty"` // under way, by node
	Away     int            `json:"away,omitempty"`  // of them, on nodes that are not connected
}

// Status returns the campaigns that this host leads, by name.
func (c *Campaigns) Status() (list []Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, one := range c.known {
		p, ok := c.progressOf(name)
		if !ok || one.record.State == Ended {
			continue
		}
		s := Status{Name: name, State: one.record.State, Progress: p, Calls: map[string]int{}, Away: one.lead.away}
		for node, busy := range one.lead.nodes {
			if busy.calls > 0 {
				s.Calls[node] = busy.calls
			}
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
