package node

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Nodes holds all nodes of a host. Pick chooses one for new calls, OfCore finds that of a
// running call.
type Nodes []*Link

// Named returns the node of a name; the error tells which there are.
func (n Nodes) Named(name string) (*Link, error) {
	for _, l := range n {
		if l.Name() == name {
			return l, nil
		}
	}
	return nil, fmt.Errorf("there is no node %.64q; the configuration has (nodes:): %s", name, cmp.Or(strings.Join(n.names(), ", "), "none"))
}

func (n Nodes) names() (names []string) {
	for _, l := range n {
		names = append(names, l.Name())
	}
	return names
}

// OfCore returns the node whose FreeSWITCH has a Core-UUID, however a call of it has
// reached this host; nil if there is none.
func (n Nodes) OfCore(core string) *Link {
	for _, l := range n {
		if core != "" && l.Status().CoreUUID == core {
			return l
		}
	}
	return nil
}

// Tagged returns the nodes that have a tag; all nodes if it is "".
func (n Nodes) Tagged(tag string) (tagged Nodes) {
	for _, l := range n {
		if tag == "" || slices.Contains(l.node.Tags, tag) {
			tagged = append(tagged, l)
		}
	}
	return tagged
}

// Pick chooses a node for new calls, at random by the weights of those that are Ready. One
// whose weight is 0 is chosen if no other is ready. The error tells why none is.
func (n Nodes) Pick() (*Link, error) {
	var ready, spare Nodes
	var why []string
	for _, l := range n {
		switch err := l.Ready(); {
		case err != nil && len(n) == 1:
			return nil, err
		case err != nil:
			why = append(why, err.Error())
		case l.node.Weight > 0:
			ready = append(ready, l)
		default:
			spare = append(spare, l)
		}
	}
	switch {
	case len(ready) > 0:
		return ready.byWeight(), nil
	case len(spare) > 0:
		return spare[int(spare[0].o.Rand()*float64(len(spare)))], nil
	case len(n) == 0:
		return nil, errNoNodes
	}
	return nil, &NoneReadyError{why}
}

func (n Nodes) byWeight() *Link {
	total := 0
	for _, l := range n {
		total += l.node.Weight
	}
	at := int(n[0].o.Rand() * float64(total))
	for _, l := range n {
		if at -= l.node.Weight; at < 0 {
			return l
		}
	}
	return n[len(n)-1]
}

// Ready returns why the node gets no new calls: a *DownError, a *DrainingError or a
// *FullError; nil if it gets some.
func (l *Link) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	switch {
	case l.conn == nil:
		return &DownError{Node: l.node.Name, Address: l.node.address(), Err: l.down}
	case s.Draining != nil:
		return &DrainingError{l.node.Name}
	case s.MaxSessions > 0 && s.Sessions >= s.MaxSessions:
		return &FullError{l.node.Name, s.Sessions, s.MaxSessions}
	}
	return nil
}
