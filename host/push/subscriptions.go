package push

import (
	"context"
	"sync"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
)

// The events by which FreeSWITCH tells the end of a call and of a recording.
const (
	ended   = "CHANNEL_HANGUP_COMPLETE"
	stopped = "RECORD_STOP"
)

// subscriptions holds the subscriptions to the nodes, for the pushes in force.
type subscriptions struct {
	pushes *Pushes
	stop   context.CancelFunc // nil: there are none
	pumps  *sync.WaitGroup
}

// replace subscribes to what lines need, and then ends what there was before: what comes
// twice meanwhile has the same id.
func (s *subscriptions) replace(ctx context.Context, lines []*line) {
	stop, pumps, subs := s.stop, s.pumps, s.pushes.subs
	s.stop, s.pumps = nil, nil
	var now []*node.Subscription
	if wanted := interests(lines); len(wanted) > 0 {
		ctx, s.stop = context.WithCancel(ctx)
		s.pumps = &sync.WaitGroup{}
		for _, l := range s.pushes.deps.Nodes {
			now = append(now, s.subscribe(ctx, l, wanted))
		}
	}
	s.pushes.mu.Lock()
	s.pushes.subs = now
	s.pushes.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	pumps.Wait()
	for _, sub := range subs {
		s.pushes.missed.Add(sub.Lost())
		sub.Close()
	}
}

func (s *subscriptions) subscribe(ctx context.Context, l *node.Link, wanted []node.Interest) *node.Subscription {
	sub := l.Subscribe(node.Bounds{Events: 20000, Bytes: 32 << 20})
	for _, i := range wanted {
		if err := sub.Add(i); err != nil {
			s.pushes.deps.Log.Error("events are not pushed", "node", l.Name(), "event", i.Event, "error", err)
		}
	}
	s.pumps.Go(func() {
		for {
			e, err := sub.Next(ctx)
			if err != nil {
				return
			}
			select {
			case s.pushes.arrived <- arrival{l.Name(), e}:
			case <-ctx.Done():
				return
			}
		}
	})
	return sub
}

// interests returns the events that lines need.
func interests(lines []*line) (wanted []node.Interest) {
	for _, l := range lines {
		switch l.On {
		case config.CallEnd:
			wanted = append(wanted, node.Interest{Event: ended}, node.Interest{Event: stopped})
		case config.Recording:
			wanted = append(wanted, node.Interest{Event: stopped})
		default:
			wanted = append(wanted, node.Interest{Event: string(l.On), Subclass: l.Subclass})
		}
	}
	return wanted
}
