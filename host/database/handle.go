package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A Handle is a script's connection to a database. It belongs to one goroutine.
type Handle struct {
	pool    *pool
	conn    *sql.Conn // nil: none at the moment
	backend backend
	used    bool    // for more than reading and writing rows
	begun   bool    // a transaction by Begin
	open    []*Rows // that have not been read to their end, the innermost last
	changed int64
	stored  int // bytes of rows; see Rows.store
	holding holding
}

// Connect has the handle hold a connection that is of use.
func (h *Handle) Connect(ctx context.Context) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	return h.connect(ctx)
}

func (h *Handle) connect(ctx context.Context) error {
	if h.conn != nil {
		if h.used || h.begun || len(h.open) > 0 || h.backend.alive(ctx) {
			return nil
		}
		h.discard()
	}
	if h.begun {
		return errors.New("the connection of the transaction is lost")
	}
	h.used = false
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	timer := h.pool.clock.AfterFunc(h.pool.limit, func() { stop(h.pool.busy()) })
	defer timer.Stop()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	conn, err := h.pool.wait(ctx)
	blocker.Unblock()
	if err != nil {
		return withCause(ctx, err)
	}
	h.conn = conn
	h.pool.holders.add(h)
	return conn.Raw(func(c any) error {
		h.backend = backendOf(c)
		return nil
	})
}

// busy says that a script got no connection in time.
func (p *pool) busy() error {
	if p.db.Stats().InUse >= p.setting.Connections {
		return fmt.Errorf("the database %s has no connection free for %v: its %d connections are in use "+
			"(release handles early, or raise databases: %s: connections: in the configuration)", p.name, p.limit, p.setting.Connections, p.name)
	}
	return fmt.Errorf("the database %s has not answered within %v", p.name, p.limit)
}

// discard gives the connection up: nobody gets it again.
func (h *Handle) discard() {
	if h.conn != nil {
		_ = h.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = h.conn.Close()
	}
	h.conn, h.backend = nil, nil
}

// Release gives the connection back. The Handle may be used again; it then takes
// another one.
func (h *Handle) Release() {
	if h.enter() != nil { // it was taken, and nobody needs to know
		_ = h.enter()
	}
	defer h.leave()
	h.release()
}

func (h *Handle) release() {
	h.pool.holders.remove(h)
	for len(h.open) > 0 {
		h.used = true // a result that is not read to its end would have to be
		h.open[len(h.open)-1].drop()
	}
	if h.conn == nil {
		return
	}
	if h.used || h.begun {
		h.discard()
	} else {
		_ = h.conn.Close()
	}
	h.conn, h.backend, h.used, h.begun = nil, nil, false, false
}

// Connected reports whether the handle holds a connection at the moment.
func (h *Handle) Connected() bool {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	return h.conn != nil
}

// Idle reports whether the connection can be given back without losing anything.
func (h *Handle) Idle() bool {
	h.holding.mu.Lock()
	defer h.holding.mu.Unlock()
	return h.conn != nil && h.clean()
}

func (h *Handle) clean() bool { return !h.used && !h.begun && len(h.open) == 0 }

// SQLite reports whether the database is a file of SQLite's.
func (h *Handle) SQLite() bool { return h.pool.setting.DSN.SQLite() }

// MySQL reports whether the database is a MySQL or a MariaDB.
func (h *Handle) MySQL() bool { return h.pool.kind == config.MySQL }

// Changed returns how many rows the last command has changed.
func (h *Handle) Changed() int64 { return h.changed }

// Stored returns the bytes of rows that had to be read into memory for another command.
func (h *Handle) Stored() int { return h.stored }

// Query runs commands and returns their rows. Args are the values of placeholders; with
// nil there may be several commands.
func (h *Handle) Query(ctx context.Context, text string, args []any) (*Rows, error) {
	return h.run(ctx, text, args, true)
}

// Exec runs commands and drops their rows.
func (h *Handle) Exec(ctx context.Context, text string, args []any) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	rows, err := h.run(ctx, text, args, false)
	if err != nil {
		return err
	}
	_, err = rows.Next()
	return err
}

func (h *Handle) run(ctx context.Context, text string, args []any, wanted bool) (*Rows, error) {
	if err := h.enter(); err != nil {
		return nil, err
	}
	defer h.leave()
	if err := h.connect(ctx); err != nil {
		return nil, err
	}
	if !h.backend.nests() {
		for _, r := range h.open {
			if err := r.store(); err != nil {
				return nil, err
			}
		}
	}
	if !isPlain(text) {
		h.used = true
	}
	r := &Rows{handle: h, left: h.pool.limit}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	h.open = append(h.open, r)
	start := func() (err error) {
		r.cursor, err = h.backend.run(r.ctx, text, args, wanted, r.drops)
		return err
	}
	var err error
	if h.backend.computes() { // when the first row is asked for, and not yet
		err = start()
	} else {
		err = r.blocked(start)
	}
	if err != nil {
		r.end(err)
		return nil, err
	}
	return r, nil
}

// Begin begins a transaction, Commit and Rollback end it.
func (h *Handle) Begin(ctx context.Context) error {
	begin := "begin"
	if h.SQLite() {
		begin = "begin immediate" // a reader that becomes a writer may have to give up
	}
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	err := h.control(ctx, begin)
	h.begun = true
	return err
}

// Commit makes what was changed since Begin last.
func (h *Handle) Commit(ctx context.Context) error { return h.finish(ctx, "commit") }

// Rollback undoes what was changed since Begin, which the end of the connection does
// too.
func (h *Handle) Rollback(ctx context.Context) { _ = h.finish(ctx, "rollback") }

func (h *Handle) finish(ctx context.Context, text string) error {
	if err := h.enter(); err != nil {
		return err
	}
	defer h.leave()
	if h.conn == nil {
		return errors.New("the connection of the transaction is lost")
	}
	err := h.control(ctx, text)
	h.begun = err != nil
	if err == nil && h.pool.waiting.Load() > 0 { // who begins again at once would leave nobody a turn
		_ = clock.Sleep(ctx, h.pool.clock, longestLook+longestLook/4)
	}
	return err
}

func (h *Handle) control(ctx context.Context, text string) error {
	before := h.used
	err := h.Exec(ctx, text, nil)
	h.used = before
	return err
}

// Rows reads the rows that commands give, as they come.
type Rows struct {
	handle  *Handle
	cursor  cursor
	ctx     context.Context
	stop    context.CancelCauseFunc
	left    time.Duration // of the time for the command
	dropped int           // rows
	stored  []*Row        // that had to be read for another command
	all     bool          // is in stored
	ended   bool
	taken   error // why the rows are gone
}

// Columns returns the names of the columns, once Next has been called: none if the last
// command gives no rows.
func (r *Rows) Columns() []string { return r.cursor.columns() }

// Types returns the types of the columns as the database names them, before Next has
// returned the last row.
func (r *Rows) Types() []string { return r.cursor.types() }

// Count reads the rows that are left into memory and returns how many there are.
func (r *Rows) Count() (int, error) {
	err := r.store()
	return len(r.stored), err
}

// Next returns the next row, nil after the last. It is valid until the next call.
func (r *Rows) Next() (*Row, error) {
	if r.all {
		if len(r.stored) == 0 {
			return nil, nil
		}
		row := r.stored[0]
		r.stored = r.stored[1:]
		r.handle.stored -= row.Size()
		return row, nil
	}
	err := r.handle.enter()
	if err == nil {
		defer r.handle.leave()
	}
	switch {
	case r.taken != nil:
		return nil, r.taken
	case err != nil:
		return nil, err
	case r.ended:
		return nil, nil
	}
	var row *Row
	err = r.blocked(func() (err error) {
		row, err = r.cursor.next(r.ctx)
		return err
	})
	if err != nil || row == nil {
		r.handle.changed = r.cursor.changed()
		r.end(err)
		return nil, err
	}
	return row, nil
}

// Close drops the rows that have not been read.
func (r *Rows) Close() error {
	for _, row := range r.stored {
		r.handle.stored -= row.Size()
	}
	r.stored = nil
	if err := r.handle.enter(); err != nil {
		return err
	}
	defer r.handle.leave()
	if r.ended {
		return nil
	}
	err := r.blocked(func() error { return r.cursor.close(r.ctx) })
	r.handle.changed = r.cursor.changed()
	r.end(err)
	return err
}

// drops counts a row that is read and dropped: the script computes no Lua meanwhile.
func (r *Rows) drops() {
	const every, each = 256, 100 // units; a row takes a microsecond
	if r.dropped++; r.dropped%every == 0 {
		if err := clock.BlockerOf(r.ctx).Look(every * each); err != nil {
			r.stop(err)
		}
	}
}

// drop ends the command without waiting for anything.
func (r *Rows) drop() {
	r.stop(errDropped)
	if r.cursor != nil {
		_ = r.cursor.close(r.ctx)
	}
	r.end(nil)
}

var errDropped = errors.New("the handle was released")

// blocked runs what may wait for the database.
func (r *Rows) blocked(do func() error) error {
	p := r.handle.pool
	timer := p.clock.AfterFunc(r.left, func() {
		r.stop(fmt.Errorf("the command took longer than %v (databases: %s: timeout: in the configuration)", p.limit, p.name))
	})
	blocker := clock.BlockerOf(r.ctx)
	began := p.clock.Now()
	if r.handle.backend.computes() {
		blocker.Compute()
	} else {
		blocker.Block()
	}
	err := heard(do)
	blocker.Unblock()
	timer.Stop()
	r.left -= p.clock.Now().Sub(began)
	if err != nil {
		return withCause(r.ctx, err)
	}
	return nil
}

// heard does what a driver does, whose panics are errors.
func heard(do func() error) (err error) {
	defer asError(&err)
	return do()
}

// end takes the rows off their handle.
func (r *Rows) end(err error) {
	if r.ended {
		return
	}
	r.ended = true
	r.stop(nil)
	h := r.handle
	h.open = slices.DeleteFunc(h.open, func(o *Rows) bool { return o == r })
	h.pool.metrics.ended(h.pool.name, h.pool.limit-r.left, err)
	if err != nil && h.backend != nil && !h.SQLite() && !h.backend.alive(context.WithoutCancel(r.ctx)) {
		h.discard()
	}
}

// mostStored limits the bytes of rows of a handle's commands that are read because
// another one is to run while they come.
const mostStored = 4 << 20

// store reads the rows that are left, because their connection is needed.
func (r *Rows) store() error {
	if r.all || r.ended {
		return nil
	}
	for {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			r.all = true
			return nil
		}
		kept := row.Clone()
		if r.handle.stored += kept.Size(); r.handle.stored > mostStored {
			return fmt.Errorf("the rows of queries that are under way hold more than %d bytes: read them all before the next query", mostStored)
		}
		r.stored = append(r.stored, kept)
	}
}
