package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlServer makes the connections of a pool.
type mysqlServer struct {
	driver.Connector
	setUp string // runs on each new connection
}

// newMySQL returns a connector for USER:PASSWORD@HOST:PORT/NAME, or for words as
// mod_mariadb's DSN has them: Server=...;Database=...;Uid=...;Pwd=....
func newMySQL(text string, timeout time.Duration) (driver.Connector, error) {
	cfg, err := mysqlConfig(text)
	if err != nil {
		return nil, err
	}
	cfg.MultiStatements, cfg.AllowAllFiles, cfg.ParseTime, cfg.InterpolateParams = true, false, false, false
	cfg.Logger = &mysql.NopLogger{}
	if err := cfg.Apply(mysql.EnableCompression(false)); err != nil { // what is packed cannot be measured
		return nil, err
	}
	encrypted := cfg.TLS != nil || cfg.TLSConfig != "" // then only the server of the certificate is heard
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		w := newWire(conn)
		if !encrypted {
			w.packets = &packets{}
		}
		*ctx.Value(dialled{}).(**wire) = w
		return w, nil
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	// The server ends what takes too long, even if nobody listens any more. MariaDB
	// reads the first comment only, MySQL the second.
	limit := fmt.Sprintf("set /*M! max_statement_time = %g, */ /*!50708 max_execution_time = %d, */ autocommit = 1", timeout.Seconds(), timeout.Milliseconds())
	return &mysqlServer{c, limit}, nil
}

// dialled keys the place in a context for the wire of a new connection.
type dialled struct{}

func mysqlConfig(text string) (*mysql.Config, error) {
	if !strings.Contains(text, "=") || strings.Contains(text, "/") && !strings.Contains(text, ";") {
		user, rest, ok := cutLast(text, "@")
		if !ok {
			return nil, errors.New("write USER:PASSWORD@HOST:PORT/DATABASE")
		}
		if address, name, ok := strings.Cut(rest, "/"); ok && !strings.ContainsAny(address, "()") {
			rest = "tcp(" + address + ")/" + name
		}
		return mysql.ParseDSN(user + "@" + rest)
	}
	cfg := mysql.NewConfig()
	cfg.Net = "tcp"
	host, port := "localhost", "3306"
	for _, word := range strings.Split(text, ";") { // as MariaDB's mariadb_connect reads them
		key, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		switch strings.ToLower(key) {
		case "":
		case "server", "host":
			host = value
		case "port":
			port = value
		case "database", "db":
			cfg.DBName = value
		case "uid", "user":
			cfg.User = value
		case "pwd", "password", "passwd":
			cfg.Passwd = value
		case "socket":
			cfg.Net, cfg.Addr = "unix", value
		default:
			return nil, fmt.Errorf("%q is not known; write Server=HOST;Port=PORT;Database=NAME;Uid=USER;Pwd=PASSWORD", key)
		}
	}
	if cfg.Net == "tcp" {
		cfg.Addr = net.JoinHostPort(host, port)
	}
	return cfg, nil
}

func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}

// Connect opens a connection.
func (s *mysqlServer) Connect(ctx context.Context) (_ driver.Conn, err error) {
	defer asError(&err) // database/sql connects in a goroutine of its own too
	var w *wire
	conn, err := s.Connector.Connect(context.WithValue(ctx, dialled{}, &w))
	if err != nil {
		return nil, err
	}
	w.begin()
	c := &mysqlConn{conn.(mysqlDriver), w}
	if _, err := c.ExecContext(ctx, s.setUp, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// mysqlDriver lists the methods of go-sql-driver's connections.
type mysqlDriver interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnPrepareContext
	driver.SessionResetter
	driver.Validator
}

type mysqlConn struct {
	mysqlDriver
	wire *wire
}

func (c *mysqlConn) nests() bool { return false }

func (c *mysqlConn) computes() bool { return false }

func (c *mysqlConn) alive(ctx context.Context) bool { return c.ResetSession(ctx) == nil }

func (c *mysqlConn) run(ctx context.Context, text string, args []any, rows bool, drop func()) (cursor, error) {
	c.wire.rowBegins()
	r := &mysqlCursor{c: c, want: rows, drop: drop}
	if args != nil {
		return r, r.prepared(ctx, text, args)
	}
	if !rows && !gives.MatchString(text) {
		result, err := c.ExecContext(ctx, text, nil)
		if err == nil {
			r.affected, err = result.RowsAffected()
		}
		return r, withCause(ctx, err)
	}
	var err error
	r.rows, err = c.QueryContext(ctx, text, nil)
	return r, withCause(ctx, err)
}

// gives matches a command that gives rows, which the driver's Exec would read as one, not
// bounded and not interrupted.
var gives = regexp.MustCompile(`(?i)^[\s(]*(select|with|values|table|show|call)\b`)

type mysqlCursor struct {
	c        *mysqlConn
	stmt     driver.Stmt // nil: none
	rows     driver.Rows // nil: none any more
	want     bool
	drop     func()
	row      Row
	values   []driver.Value
	affected int64
}

// prepared runs one command with args.
func (r *mysqlCursor) prepared(ctx context.Context, text string, args []any) (err error) {
	r.stmt, err = r.c.PrepareContext(ctx, text)
	if err != nil {
		return withCause(ctx, err)
	}
	if n := r.stmt.NumInput(); n != len(args) {
		return errors.Join(wrongCount(n, len(args)), r.stmt.Close())
	}
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	if r.want {
		r.rows, err = r.stmt.(driver.StmtQueryContext).QueryContext(ctx, named)
	} else {
		var result driver.Result
		if result, err = r.stmt.(driver.StmtExecContext).ExecContext(ctx, named); err == nil {
			r.affected, err = result.RowsAffected()
		}
	}
	if err != nil || r.rows == nil {
		return withCause(ctx, errors.Join(err, r.finish()))
	}
	return nil
}

func (r *mysqlCursor) columns() []string { return r.row.Columns }

func (r *mysqlCursor) types() []string {
	t, ok := r.rows.(driver.RowsColumnTypeDatabaseTypeName)
	if !ok {
		return nil
	}
	list := make([]string, len(r.row.Columns))
	for i := range list {
		list[i] = t.ColumnTypeDatabaseTypeName(i)
	}
	return list
}

func (r *mysqlCursor) changed() int64 { return r.affected }

func (r *mysqlCursor) next(ctx context.Context) (*Row, error) {
	for r.rows != nil {
		if r.values == nil {
			columns := r.rows.Columns()
			r.row = Row{Columns: columns, Values: make([]Value, len(columns))}
			r.values = make([]driver.Value, len(columns))
			r.affected = 0
		}
		r.c.wire.rowBegins()
		err := r.rows.Next(r.values)
		switch {
		case err == nil && r.want:
			r.affected++
			r.read()
			return &r.row, nil
		case err == nil:
			r.drop()
		case err != io.EOF:
			if r.c.wire.left.Load() <= 0 {
				err = errRowSize // which the driver has hidden
			}
			_ = r.finish()
			return nil, withCause(ctx, err)
		default:
			if more, ok := r.rows.(driver.RowsNextResultSet); ok && more.HasNextResultSet() {
				r.values = nil
				if err := more.NextResultSet(); err != nil && err != io.EOF {
					return nil, withCause(ctx, errors.Join(err, r.finish()))
				}
				continue
			}
			changes := len(r.values) == 0
			if err := r.finish(); err != nil || !changes {
				return nil, err
			}
			return nil, r.count(ctx)
		}
	}
	return nil, nil
}

// count asks how many rows were changed by a command of which rows were expected.
func (r *mysqlCursor) count(ctx context.Context) error {
	rows, err := r.c.QueryContext(ctx, "select row_count()", nil)
	if err != nil {
		return err
	}
	var n [1]driver.Value
	if err := rows.Next(n[:]); err == nil {
		r.affected, _ = n[0].(int64)
	}
	return rows.Close()
}

// read makes the row visible, where possible without a copy.
func (r *mysqlCursor) read() {
	for i, value := range r.values {
		v := &r.row.Values[i]
		switch value := value.(type) {
		case nil:
			*v = Value{Kind: Null}
		case []byte:
			v.Kind, v.Text = Text, value
			if t, ok := r.rows.(driver.RowsColumnTypeDatabaseTypeName); ok && t.ColumnTypeDatabaseTypeName(i) == "DECIMAL" {
				v.Kind = Number
			}
		case float32:
			v.Kind, v.Text = Number, r.float(i, float64(value), 32)
		case float64:
			v.Kind, v.Text = Number, r.float(i, value, 64)
		default:
			v.Kind, v.Text = Number, fmt.Append(nil, value)
		}
	}
}

// float writes a number as the server does (my_gcvt), whose text the driver has read
// as a number.
func (r *mysqlCursor) float(column int, x float64, bits int) []byte {
	if t, ok := r.rows.(driver.RowsColumnTypePrecisionScale); ok {
		if _, scale, ok := t.ColumnTypePrecisionScale(column); ok && scale < 31 {
			return strconv.AppendFloat(nil, x, 'f', int(scale), bits)
		}
	}
	if size := math.Abs(x); size != 0 && (size < 1e-15 || size >= 1e15) {
		text := strconv.FormatFloat(x, 'e', -1, bits)
		mantissa, exponent, _ := strings.Cut(text, "e")
		n, _ := strconv.Atoi(exponent)
		return fmt.Appendf(nil, "%se%d", mantissa, n)
	}
	return strconv.AppendFloat(nil, x, 'f', -1, bits)
}

func (r *mysqlCursor) finish() (err error) {
	if r.rows != nil {
		err = r.rows.Close()
	}
	if r.stmt != nil {
		err = errors.Join(err, r.stmt.Close())
	}
	r.rows, r.stmt = nil, nil
	return err
}

// close reads what is left by next and not by the driver's Close, which waits for it
// whatever happens.
func (r *mysqlCursor) close(ctx context.Context) error {
	r.want = false
	_, err := r.next(ctx)
	return err
}

// withCause returns why ctx ended, if it has, instead of an error that this caused.
func withCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if my := (*mysql.MySQLError)(nil); errors.As(err, &my) {
		return errors.New(my.Message)
	}
	return err
}
