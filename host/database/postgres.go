package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres returns a connector for a connection string as libpq takes it: words, which
// are what mod_pgsql's DSN has, or a URL.
func postgres(text string) (driver.Connector, error) {
	if !strings.Contains(text, "://") {
		text = strings.ReplaceAll(" "+text, " hostaddr=", " host=") // libpq's name for an address that needs no look-up
	}
	cfg, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	cfg.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		return newWire(conn), nil
	}
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		// The server is told, so that it stops too and the connection stays.
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: time.Second}
	}
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(MaxRow + wireSlack) // else it takes a gigabyte as soon as one is announced
		return f
	}
	// Nobody asks for them, and the driver would keep them for as long as the connection lasts.
	cfg.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {}
	return pgServer{stdlib.GetConnector(*cfg)}, nil
}

// pgServer makes the connections of a pool.
type pgServer struct{ driver.Connector }

// Connect opens a connection.
func (s pgServer) Connect(ctx context.Context) (_ driver.Conn, err error) {
	defer asError(&err) // database/sql connects in a goroutine of its own too
	return s.Connector.Connect(ctx)
}

// pgConn runs commands below database/sql and pgx, which would turn text into Go values
// and takes no more than one command.
type pgConn struct {
	conn    *stdlib.Conn
	pg      *pgconn.PgConn
	wire    *wire
	columns []string
}

func newPgConn(c *stdlib.Conn) *pgConn {
	pg := c.Conn().PgConn()
	w, _ := pg.Conn().(*wire)
	return &pgConn{conn: c, pg: pg, wire: w}
}

func (c *pgConn) nests() bool { return false }

func (c *pgConn) computes() bool { return false }

func (c *pgConn) alive(ctx context.Context) bool {
	return !c.pg.IsClosed() && (c.pg.TxStatus() != 'I' || c.conn.ResetSession(ctx) == nil)
}

func (c *pgConn) run(ctx context.Context, text string, args []any, rows bool, drop func()) (cursor, error) {
	c.wire.rowBegins()
	r := &pgCursor{c: c, rows: rows, drop: drop}
	if args == nil {
		r.all = c.pg.Exec(ctx, text)
		return r, nil
	}
	text, n := numbered(text)
	if n >= 0 && n != len(args) {
		return nil, wrongCount(n, len(args))
	}
	values := make([][]byte, len(args)) // as text, of the types that the server finds right
	for i, arg := range args {
		switch arg := arg.(type) {
		case nil:
		case string:
			values[i] = append([]byte{}, arg...)
		case float64:
			values[i] = strconv.AppendFloat(nil, arg, 'g', -1, 64)
		default:
			values[i] = fmt.Append(nil, arg)
		}
	}
	r.one = c.pg.ExecParams(ctx, text, values, nil, nil, nil)
	return r, nil
}

type pgCursor struct {
	c        *pgConn
	all      *pgconn.MultiResultReader // of several commands
	one      *pgconn.ResultReader      // nil: all has to be asked for the next one
	rows     bool
	drop     func()
	row      Row
	fields   []pgconn.FieldDescription // of the last command
	affected int64
	ended    bool
}

func (r *pgCursor) columns() []string {
	list := make([]string, len(r.fields))
	for i, f := range r.fields {
		list[i] = f.Name
	}
	return list
}

// types follows libpq's luasql: the length of a text that has one stands behind its type.
func (r *pgCursor) types() []string {
	list := make([]string, len(r.fields))
	for i, f := range r.fields {
		list[i] = "undefined"
		if t, ok := r.c.conn.Conn().TypeMap().TypeForOID(f.DataTypeOID); ok {
			list[i] = t.Name
		}
		if list[i] == "bpchar" || list[i] == "varchar" {
			list[i] += fmt.Sprintf(" (%d)", f.TypeModifier-4)
		}
	}
	return list
}

func (r *pgCursor) changed() int64 { return r.affected }

func (r *pgCursor) next(context.Context) (*Row, error) {
	for !r.ended {
		if r.one == nil {
			r.c.wire.rowBegins()
			if !r.all.NextResult() {
				r.ended = true
				return nil, explained(r.all.Close())
			}
			r.one, r.row = r.all.ResultReader(), Row{}
		}
		for r.c.wire.rowBegins(); r.one.NextRow(); r.c.wire.rowBegins() {
			if r.rows {
				return r.read(), nil
			}
			r.drop()
		}
		if r.row.Columns == nil {
			r.fields = slices.Clone(r.one.FieldDescriptions())
		}
		tag, err := r.one.Close()
		r.affected = tag.RowsAffected()
		r.one = nil
		if r.all == nil {
			r.ended = true
			return nil, explained(err)
		}
	}
	return nil, nil
}

// read makes the row visible without a copy.
func (r *pgCursor) read() *Row {
	fields := r.one.FieldDescriptions()
	if r.row.Columns == nil {
		r.fields = slices.Clone(fields)
		r.row = Row{Columns: make([]string, len(fields)), Values: make([]Value, len(fields))}
		for i, f := range fields {
			r.row.Columns[i] = f.Name
		}
	}
	for i, text := range r.one.Values() {
		r.row.Values[i] = Value{pgKind(fields[i].DataTypeOID), text}
		if text == nil {
			r.row.Values[i].Kind = Null
		}
	}
	return &r.row
}

// pgKind returns the kind of a type of PostgreSQL's (pg_type.dat).
func pgKind(oid uint32) Kind {
	switch oid {
	case 16:
		return Bool
	case 20, 21, 23, 26, 700, 701, 1700:
		return Number
	}
	return Text
}

func (r *pgCursor) close(ctx context.Context) error {
	r.rows = false
	_, err := r.next(ctx)
	return err
}

// explained writes an error as the server's own client does.
func explained(err error) error {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return errors.New("ERROR:  " + pg.Message)
	}
	if errors.As(err, new(*pgproto3.ExceededMaxBodyLenErr)) {
		return errRowSize
	}
	return err
}
