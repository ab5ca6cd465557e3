package node

import (
	"context"
	"reflect"
	"sync"

	"github.com/eslua/eslua/host/clock"
)

// An Any is the FreeSWITCH of a script that has named none: one of the nodes, chosen when
// the script first needs it, and another one when that is not connected any more. Of a
// single node it is that one, whatever happens to it.
type Any struct {
	nodes   Nodes
	patient bool

	mu sync.Mutex
	at *Link
}

// Any returns one of the nodes for a script; nil if there is none. A patient one waits
// until a node has been connected once.
func (n Nodes) Any(patient bool) *Any {
	if len(n) == 0 {
		return nil
	}
	return &Any{nodes: n, patient: patient}
}

// Node returns the node that the script has.
func (a *Any) Node(ctx context.Context) (*Link, error) {
	if err := a.await(ctx); err != nil {
		return nil, err
	}
	if len(a.nodes) == 1 {
		return a.nodes[0], nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at != nil && a.at.Up() {
		return a.at, nil
	}
	l, err := a.nodes.Pick()
	for _, spare := range a.nodes { // commands do no harm where new calls would
		if err != nil && spare.Up() {
			l, err = spare, nil
		}
	}
	if err == nil {
		a.at = l
	}
	return l, err
}

// ForCall returns a node for a new call, chosen again each time; see Nodes.Pick.
func (a *Any) ForCall(ctx context.Context) (*Link, error) {
	if err := a.await(ctx); err != nil {
		return nil, err
	}
	return a.nodes.Pick()
}

// Has reports whether the script has the node.
func (a *Any) Has(l *Link) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at == l || len(a.nodes) == 1 && a.nodes[0] == l
}

// await waits until a node has been connected once, if it shall.
func (a *Any) await(ctx context.Context) error {
	if !a.patient {
		return nil
	}
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
	for _, l := range a.nodes {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(l.arrived)})
	}
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	if chosen, _, _ := reflect.Select(cases); chosen == 0 {
		return ctx.Err()
	}
	return nil
}

// API runs an API command on the node; see Link.API.
func (a *Any) API(ctx context.Context, line string) (string, error) {
	l, err := a.Node(ctx)
	if err != nil {
		return "", err
	}
	return l.API(ctx, line)
}

// BgAPI runs an API command in the background of the node; see Link.BgAPI.
func (a *Any) BgAPI(ctx context.Context, line string) (string, error) {
	l, err := a.Node(ctx)
	if err != nil {
		return "", err
	}
	return l.BgAPI(ctx, line)
}

// SendEvent fires an event into the node.
func (a *Any) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	l, err := a.Node(ctx)
	if err != nil {
		return err
	}
	return l.SendEvent(ctx, name, headers, body)
}
