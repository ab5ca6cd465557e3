package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A script may hold a connection for as long as it runs, and with it a lock or a
// transaction, only while nobody else waits for it. When somebody does, it is taken from
// who does nothing with it at the moment: at once if that loses nothing, and a
// transaction when it has lasted for a third of the time that a command may take. So no call
// makes another one fail.

// holding says since when a Handle holds its connection. All of a Handle that belongs
// to the connection is changed under mu, or between enter and leave.
type holding struct {
	mu    sync.Mutex
	depth int       // of what is being done with the handle
	since time.Time // when it got the connection
	last  time.Time // when it was used
	dirty time.Time // since when it holds what would be lost; zero: nothing
	taken error     // why it does not hold it any more, to be told once
}

// enter begins to do something with the handle: nobody takes its connection before
// leave. The error says that it was taken before.
func (h *Handle) enter() error {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	if err := h.holding.taken; err != nil {
		h.holding.taken = nil
		return err
	}
	h.holding.depth++
	return nil
}

func (h *Handle) leave() {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	h.holding.depth--
	h.holding.last = h.pool.clock.Now()
	switch {
	case h.clean():
		h.holding.dirty = time.Time{}
	case h.holding.dirty.IsZero():
		h.holding.dirty = h.holding.last
	}
}

// holders are the handles that hold a connection of a pool.
type holders struct {
	mu  sync.Mutex
	all map[*Handle]struct{}
}

func (o *holders) add(h *Handle) {
	h.holding.mu.Lock()
	h.holding.since = h.pool.clock.Now()
	h.holding.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = map[*Handle]struct{}{}
	}
	o.all[h] = struct{}{}
}

func (o *holders) remove(h *Handle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, h)
}

func (o *holders) list() (list []*Handle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for h := range o.all {
		list = append(list, h)
	}
	return list
}

// patience limits how long a run waits for a connection before it is taken from its holder.
const patience = time.Second

// wait returns a connection when one is free.
func (p *pool) wait(ctx context.Context) (*sql.Conn, error) {
	for p.db.Stats().InUse >= p.setting.Connections {
		try, stop := context.WithCancel(ctx)
		timer := p.clock.AfterFunc(patience, stop)
		conn, err := p.db.Conn(try)
		timer.Stop()
		stop()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.Canceled) {
			return conn, err
		}
		p.reclaim(false)
	}
	return p.db.Conn(ctx)
}

// reclaim takes a connection from one who does nothing with it; locks: from one who may
// have locked something.
func (p *pool) reclaim(locks bool) {
	now := p.clock.Now()
	var found *Handle
	var oldest time.Time
	for _, h := range p.holders.list() {
		if last, ok := h.dispensable(now, locks); ok && (found == nil || last.Before(oldest)) {
			found, oldest = h, last
		}
	}
	if found != nil {
		found.takeAway(now, locks)
	}
}

// dispensable reports whether the connection can be taken, and when it was used last.
func (h *Handle) dispensable(now time.Time, locks bool) (last time.Time, ok bool) {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	return h.holding.last, h.mayBeTaken(now, locks)
}

func (h *Handle) mayBeTaken(now time.Time, locks bool) bool {
	o := &h.holding
	switch {
	case o.depth > 0 || h.conn == nil:
		return false
	case o.dirty.IsZero():
		return !locks && now.Sub(o.since) >= patience
	}
	return now.Sub(o.dirty) >= h.pool.limit/3
}

// takeAway gives the connection up for the script.
func (h *Handle) takeAway(now time.Time, locks bool) {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	if !h.mayBeTaken(now, locks) {
		return
	}
	if held := h.holding.dirty; !held.IsZero() {
		h.holding.taken = fmt.Errorf("the connection to the database %s was taken from the script, because others waited for it: "+
			"it has held a transaction or the rows of a query for %v; end them before something takes long", h.pool.name, now.Sub(held).Round(time.Millisecond))
		for _, r := range h.open {
			r.taken = h.holding.taken
		}
	}
	h.holding.dirty = time.Time{}
	begun := h.begun
	h.release()
	h.begun = begun // nothing runs outside of the transaction
}
