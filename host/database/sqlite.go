package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/eslua/eslua/host/clock"
)

// This file calls SQLite as C programs do, and not through modernc.org/sqlite's own
// driver: that one turns dates into Go's times, so that their text is lost, gives the
// rows of one command of several, and copies a value before its size is known.

// sqliteFile makes the connections to a database file.
type sqliteFile struct {
	path  string
	size  int64 // bytes that the file may grow to
	clock clock.Clock

	locked  func()        // is called once a second by one who waits for a lock
	waiting *atomic.Int32 // how many wait for one
}

// sqliteConn connects to a file.
type sqliteConn struct {
	tls     *libc.TLS
	db      uintptr
	clock   clock.Clock
	locked  func()
	waiting *atomic.Int32
	ctx     context.Context // of the command that runs now
	ended   error           // why it must end; nil: it need not
	out     uintptr         // room for two pointers that C sets

	holder sqliteHolder
}

// sqliteConns finds the connection that C calls back for, which can keep no pointer
// of Go's.
var sqliteConns sync.Map // its db: *sqliteConn

// sqliteValue limits a value, and sqliteSteps how many instructions of a command run
// before it is asked whether it may go on.
const (
	sqliteValue = 256 << 10
	sqliteSteps = 10
)

// Driver completes driver.Connector.
func (f *sqliteFile) Driver() driver.Driver { return sqliteDriver{} }

type sqliteDriver struct{}

func (sqliteDriver) Open(string) (driver.Conn, error) { return nil, errOwnUse }

var errOwnUse = errors.New("database: only a Handle uses these connections")

// Connect opens the file, and creates it if need be.
func (f *sqliteFile) Connect(ctx context.Context) (driver.Conn, error) {
	prepareSQLite()
	c := &sqliteConn{tls: libc.NewTLS(), clock: f.clock, locked: f.locked, waiting: f.waiting, ctx: ctx}
	sqliteHolders.Store(c.tls, &c.holder)
	c.out = libc.Xcalloc(c.tls, 2, 8)
	name, err := libc.CString(f.path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX
	code := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, flags, 0)
	c.db = libc.AtomicLoadPUintptr(c.out)
	if code != sqlite3.SQLITE_OK {
		err := c.failed()
		return nil, errors.Join(fmt.Errorf("%s: %w", f.path, err), c.Close())
	}
	sqliteConns.Store(c.db, c)
	if err := c.confine(f.size); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends the connection.
func (c *sqliteConn) Close() error {
	sqliteConns.Delete(c.db)
	sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	libc.Xfree(c.tls, c.out)
	sqliteHolders.Delete(c.tls)
	c.holder.end()
	c.tls.Close()
	return nil
}

// Prepare completes driver.Conn.
func (c *sqliteConn) Prepare(string) (driver.Stmt, error) { return nil, errOwnUse }

// Begin completes driver.Conn.
func (c *sqliteConn) Begin() (driver.Tx, error) { return nil, errOwnUse }

// failed returns SQLite's text of the last error.
func (c *sqliteConn) failed() error {
	if err := context.Cause(c.ctx); err != nil {
		return err
	}
	if c.ended != nil {
		return c.ended
	}
	if c.holder.refused {
		return errSQLiteMemory
	}
	return errors.New(libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)))
}

func (c *sqliteConn) nests() bool { return true }

func (c *sqliteConn) computes() bool { return true }

func (c *sqliteConn) alive(context.Context) bool { return true }

func (c *sqliteConn) run(ctx context.Context, text string, args []any, rows bool, _ func()) (cursor, error) {
	p, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	return &sqliteCursor{c: c, text: p, rest: p, args: args, rows: rows}, nil
}

// sqliteCursor runs the commands of a text one after the other, as sqlite3_exec does.
type sqliteCursor struct {
	c          *sqliteConn
	text, rest uintptr
	stmt       uintptr // 0: none is under way
	longest    int32   // value that the command may handle
	args       []any
	rows       bool
	row        Row
}

func (r *sqliteCursor) changed() int64 {
	return int64(sqlite3.Xsqlite3_changes(r.c.tls, r.c.db))
}

func (r *sqliteCursor) columns() []string { return r.row.Columns }

func (r *sqliteCursor) types() []string {
	if r.stmt == 0 {
		return nil
	}
	list := make([]string, len(r.row.Columns))
	for i := range list {
		if p := sqlite3.Xsqlite3_column_decltype(r.c.tls, r.stmt, int32(i)); p != 0 {
			list[i] = libc.GoString(p)
		}
	}
	return list
}

func (r *sqliteCursor) next(ctx context.Context) (*Row, error) {
	c := r.c
	before := c.ctx
	defer func() { c.ctx = before }()
	c.ctx, c.ended, c.holder.refused = ctx, nil, false
	for {
		if r.stmt == 0 {
			if more, err := r.begin(); !more {
				return nil, err
			}
		}
		c.limitValues(r.longest)
		switch code := sqlite3.Xsqlite3_step(c.tls, r.stmt); {
		case code == sqlite3.SQLITE_ROW && r.rows:
			return r.read()
		case code == sqlite3.SQLITE_ROW:
		case code == sqlite3.SQLITE_DONE:
			r.finalize()
		default:
			err := c.failed()
			r.finish()
			return nil, err
		}
	}
}

// begin prepares the next command, and reports whether there is one.
func (r *sqliteCursor) begin() (bool, error) {
	c := r.c
	for r.rest != 0 && libc.AtomicLoadPUint8(r.rest) != 0 {
		c.limitValues(sqliteValue)
		code := sqlite3.Xsqlite3_prepare_v2(c.tls, c.db, r.rest, -1, c.out, c.out+8)
		if code != sqlite3.SQLITE_OK {
			err := c.failed()
			r.finish()
			return false, err
		}
		r.stmt, r.rest = libc.AtomicLoadPUintptr(c.out), libc.AtomicLoadPUintptr(c.out+8)
		if r.stmt == 0 {
			continue // a comment
		}
		if r.args != nil && strings.Trim(libc.GoString(r.rest), "; \t\r\n") != "" {
			r.finish()
			return false, errors.New("with values, one command only can be given")
		}
		r.longest = longestValue(r.stmt)
		c.limitValues(r.longest)
		if err := r.bind(); err != nil {
			r.finish()
			return false, err
		}
		columns := int(sqlite3.Xsqlite3_column_count(c.tls, r.stmt))
		r.row = Row{Columns: make([]string, columns), Values: make([]Value, columns)}
		for i := range columns {
			r.row.Columns[i] = libc.GoString(sqlite3.Xsqlite3_column_name(c.tls, r.stmt, int32(i)))
		}
		return true, nil
	}
	r.finish()
	return false, nil
}

func (r *sqliteCursor) bind() error {
	c := r.c
	if n := int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, r.stmt)); r.args != nil && n != len(r.args) {
		return wrongCount(n, len(r.args))
	}
	for i, arg := range r.args {
		n, code := int32(i+1), int32(sqlite3.SQLITE_OK)
		switch arg := arg.(type) {
		case nil:
			code = sqlite3.Xsqlite3_bind_null(c.tls, r.stmt, n)
		case int64:
			code = sqlite3.Xsqlite3_bind_int64(c.tls, r.stmt, n, arg)
		case bool:
			code = sqlite3.Xsqlite3_bind_int64(c.tls, r.stmt, n, map[bool]int64{true: 1}[arg])
		case float64:
			code = sqlite3.Xsqlite3_bind_double(c.tls, r.stmt, n, arg)
		case string:
			p, err := libc.CString(arg)
			if err != nil {
				return err
			}
			code = sqlite3.Xsqlite3_bind_text(c.tls, r.stmt, n, p, int32(len(arg)), sqlite3.SQLITE_TRANSIENT)
			libc.Xfree(c.tls, p)
		}
		if code != sqlite3.SQLITE_OK {
			return c.failed()
		}
	}
	return nil
}

// read makes the row that SQLite has found visible without a copy.
func (r *sqliteCursor) read() (*Row, error) {
	c, size := r.c, 0
	for i := range r.row.Values {
		v := &r.row.Values[i]
		switch sqlite3.Xsqlite3_column_type(c.tls, r.stmt, int32(i)) {
		case sqlite3.SQLITE_NULL:
			*v = Value{Kind: Null}
			continue
		case sqlite3.SQLITE_INTEGER, sqlite3.SQLITE_FLOAT:
			v.Kind = Number
		default:
			v.Kind = Text
		}
		p := sqlite3.Xsqlite3_column_text(c.tls, r.stmt, int32(i))
		n := int(sqlite3.Xsqlite3_column_bytes(c.tls, r.stmt, int32(i)))
		if v.Text = nil; n > 0 && p != 0 {
			v.Text = libc.GoBytes(p, n)
		}
		if size += n; size > MaxRow {
			r.finish()
			return nil, errRowSize
		}
	}
	return &r.row, nil
}

func (r *sqliteCursor) finalize() {
	sqlite3.Xsqlite3_finalize(r.c.tls, r.stmt)
	r.stmt = 0
}

func (r *sqliteCursor) finish() {
	if r.stmt != 0 {
		r.finalize()
	}
	libc.Xfree(r.c.tls, r.text)
	r.text, r.rest = 0, 0
}

func (r *sqliteCursor) close(context.Context) error {
	r.finish()
	return nil
}

// goCallback returns a function as C calls it: a pointer to where its code begins.
// It must not be a closure.
func goCallback[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f}))
}

// sqliteProgress ends the command during which SQLite calls it, by a result that is
// not 0.
func sqliteProgress(_ *libc.TLS, db uintptr) int32 {
	c, ok := sqliteConns.Load(db)
	if !ok {
		return 1
	}
	conn := c.(*sqliteConn)
	conn.ended = clock.BlockerOf(conn.ctx).Look(0)
	if conn.ended == nil && conn.ctx.Err() == nil {
		return 0
	}
	return 1
}

// longestLook is the longest time for which one who waits for a lock does not look whether
// it is free.
const longestLook = 20 * time.Millisecond

// sqliteBusy waits while another connection has locked the file.
func sqliteBusy(_ *libc.TLS, db uintptr, count int32) int32 {
	c, ok := sqliteConns.Load(db)
	if !ok {
		return 0
	}
	conn := c.(*sqliteConn)
	blocker := clock.BlockerOf(conn.ctx)
	blocker.Block()
	defer blocker.Unblock()
	conn.waiting.Add(1)
	defer conn.waiting.Add(-1)
	if count > 0 && count%50 == 0 { // about once a second
		conn.locked()
	}
	timer := conn.clock.NewTimer(min(time.Duration(count+1)*time.Millisecond, longestLook))
	defer timer.Stop()
	select {
	case <-timer.C:
		return 1
	case <-conn.ctx.Done():
		return 0
	}
}
