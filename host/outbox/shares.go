package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
)

// A flow may have as much wait as is still free, so that one that pushes without end, to an
// endpoint that is down or that takes nothing, leaves half of the room to the others. The
// pushes of the configuration are bounded by the room alone.
//
// What a flow has waiting is known to the host that has accepted it; one that has just
// begun knows of none.
type shares struct {
	clock clock.Clock

	mu     sync.Mutex
	by     map[string]*share // by flow
	looked time.Time         // when free was looked for
	free   int64
}

// A share is what waits of one flow, by sequence.
type share struct {
	bytes   int64
	waiting map[uint64]int64
	order   []uint64 // in which they are looked for, some of which may be gone
}

const (
	// leastWeight counts for the smallest push: it takes a place, too.
	leastWeight = 4096
	// lookAfter passes before what is free is looked for again.
	lookAfter = time.Second
	// mostChecked bounds the pushes that are looked for at a time: another host may have
	// delivered them.
	mostChecked = 100
)

func newShares(clk clock.Clock) *shares { return &shares{clock: clk, by: map[string]*share{}} }

func (p *Push) weight() int64 { return max(leastWeight, int64(len(p.Body)+len(p.Query))+512) }

// errShare means that too much of a flow waits.
var errShare = fmt.Errorf("%w: the pushes of this flow that wait take as much room as there is left for all others; see eslua outbox, and nats: size: in the configuration", durable.ErrFull)

// admission returns what refuses a push with errShare if it does not fit into the share of
// its flow.
func (o *Outbox) admission(p *Push) admission {
	if p.Flow == "" {
		return nil
	}
	return func(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) error {
		free, err := o.free(ctx, js, stream)
		if err != nil {
			return err
		}
		if o.shares.fits(p.Flow, p.weight(), free) {
			return nil
		}
		if err := o.recount(ctx, stream, p.Flow); err != nil {
			return err
		}
		if !o.shares.fits(p.Flow, p.weight(), free) {
			return errShare
		}
		return nil
	}
}

// free returns how much more may wait.
func (o *Outbox) free(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) (int64, error) {
	if free, ok := o.shares.known(); ok {
		return free, nil
	}
	room, err := o.Store.Room(ctx, js)
	if err != nil {
		return 0, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return 0, err
	}
	free := min(room, mostHeld*leastWeight) - max(int64(info.State.Bytes), int64(info.State.Msgs)*leastWeight)
	o.shares.note(free)
	return free, nil
}

// recount looks whether some of what waits of a flow was delivered by another host.
func (o *Outbox) recount(ctx context.Context, stream jetstream.Stream, flow string) error {
	for _, sequence := range o.shares.oldest(flow) {
		switch _, err := stream.GetMsg(ctx, sequence); {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			o.shares.remove(flow, sequence)
		case err != nil:
			return fmt.Errorf("what waits cannot be counted: %w", err)
		}
	}
	return nil
}

func (s *shares) known() (free int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free, !s.looked.IsZero() && s.clock.Now().Sub(s.looked) < lookAfter
}

func (s *shares) note(free int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free, s.looked = free, s.clock.Now()
}

// fits reports whether a push fits into the share of a flow.
func (s *shares) fits(flow string, weight, free int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of := s.by[flow]; of != nil {
		weight += of.bytes
	}
	return weight <= free
}

// add notes a push that waits.
func (s *shares) add(p *Push, sequence uint64) {
	if p.Flow == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.by[p.Flow]
	if of == nil {
		of = &share{waiting: map[uint64]int64{}}
		s.by[p.Flow] = of
	}
	if _, known := of.waiting[sequence]; !known {
		of.waiting[sequence] = p.weight()
		of.bytes += p.weight()
		of.order = append(of.order, sequence)
	}
}

// remove notes that a push does not wait any more.
func (s *shares) remove(flow string, sequence uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.by[flow]
	if of == nil {
		return
	}
	of.bytes -= of.waiting[sequence]
	delete(of.waiting, sequence)
	if len(of.waiting) == 0 {
		delete(s.by, flow)
	} else if len(of.order) > 2*len(of.waiting)+mostChecked {
		of.compact(0)
	}
}

// oldest returns some of those that wait; those that were not looked for the longest.
func (s *shares) oldest(flow string) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.by[flow]
	if of == nil {
		return nil
	}
	return of.compact(mostChecked)
}

// compact forgets what is gone, and returns the first few of the rest, which are the last
// ones from then on.
func (s *share) compact(few int) (first []uint64) {
	rest := make([]uint64, 0, len(s.waiting))
	for _, sequence := range s.order {
		if _, waits := s.waiting[sequence]; waits {
			rest = append(rest, sequence)
		}
	}
	first = rest[:min(few, len(rest))]
	s.order = append(rest[len(first):len(rest):len(rest)], first...)
	return first
}
