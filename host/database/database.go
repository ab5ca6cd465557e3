package database

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Databases holds the databases of the configuration, by name. Its methods may be called
// from any goroutine.
type Databases struct {
	clock   clock.Clock
	metrics metrics

	mu    sync.Mutex
	pools map[string]*pool
}

// A pool holds the connections to one database.
type pool struct {
	name    string
	setting config.Database
	kind    string
	db      *sql.DB
	limit   time.Duration // for one command
	clock   clock.Clock
	metrics *metrics
	holders holders
	waiting atomic.Int32 // how many wait for a lock of SQLite's
}

// New returns the databases of a configuration. Nothing is connected yet. Databases
// that cannot be used are reported together; the others are usable all the same.
func New(c map[string]config.Database, clk clock.Clock) (*Databases, error) {
	d := &Databases{clock: clk, metrics: newMetrics(), pools: map[string]*pool{}}
	return d, d.Configure(c)
}

// Configure changes to the databases of another configuration. Handles of databases
// that are no more, or are others now, go on with what they have.
func (d *Databases) Configure(c map[string]config.Database) (err error) {
	d.mu.Lock()
	before := d.pools
	d.pools = map[string]*pool{}
	for name, setting := range c {
		if p := before[name]; p != nil && reflect.DeepEqual(p.setting, setting) {
			d.pools[name] = p
			delete(before, name)
			continue
		}
		p, wrong := d.open(name, setting)
		if wrong != nil {
			err = wrong
			continue
		}
		d.pools[name] = p
	}
	d.mu.Unlock()
	for _, p := range before {
		_ = p.db.Close() // connections in use are closed when they are given back
	}
	return err
}

// Close closes what no script has.
func (d *Databases) Close() { _ = d.Configure(nil) }

func (d *Databases) open(name string, c config.Database) (*pool, error) {
	p := &pool{name: name, setting: c, kind: c.DSN.Kind(), limit: time.Duration(c.Timeout), clock: d.clock, metrics: &d.metrics}
	connector, err := d.connector(c, p)
	if err != nil {
		return nil, fmt.Errorf("databases: %s: dsn: %w", name, err)
	}
	p.db = sql.OpenDB(connector)
	p.db.SetMaxOpenConns(c.Connections)
	p.db.SetMaxIdleConns(c.Connections)
	p.db.SetConnMaxIdleTime(time.Minute)
	return p, nil
}

// Check returns what is wrong with a data source name. It connects to nothing.
func Check(dsn config.DSN) error {
	_, err := new(Databases).connector(config.Database{DSN: dsn}, new(pool))
	return err
}

func (d *Databases) connector(c config.Database, p *pool) (driver.Connector, error) {
	switch c.DSN.Kind() {
	case config.SQLite:
		return &sqliteFile{path: c.DSN.Rest(), size: int64(c.Size), clock: d.clock, locked: func() { p.reclaim(true) }, waiting: &p.waiting}, nil
	case config.PostgreSQL:
		return postgres(c.DSN.Rest())
	default:
		return newMySQL(c.DSN.Rest(), time.Duration(c.Timeout))
	}
}

// Find returns the name of the database that a script means by a data source name as
// mod_lua takes it: NAME, odbc://NAME, either with :USER:PASSWORD, or a whole data
// source name that the configuration has too, but for its user and password. The error
// says what to write into the configuration. d may be nil.
func (d *Databases) Find(dsn string) (name string, err error) {
	bare, whole := dsn, config.DSN("")
	if scheme, rest, found := strings.Cut(dsn, "://"); found && (strings.EqualFold(scheme, "odbc") || strings.EqualFold(scheme, config.SQLite)) {
		bare = rest
	} else if strings.HasPrefix(dsn, "/") {
		dsn = config.SQLite + "://" + dsn // switch_core_db.c:db_pick_path
	}
	if name := d.find(dsn, bare, upTo(bare, ":")); name != "" {
		return name, nil
	}
	name, where := upTo(bare, ":"), "..."
	if whole.Set(dsn) == nil {
		name, where = "NAME", whole.String()
	}
	return "", fmt.Errorf("the configuration has no database %q; write databases: {%s: {dsn: %q}} and grants: {databases: [%s]} there",
		cmp.Or(strings.TrimSuffix(name, "NAME"), where), name, where, name)
}

func (d *Databases) find(dsn string, names ...string) string {
	if d == nil {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		if d.pools[name] != nil {
			return name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.pools)) {
		if d.pools[name].setting.DSN.Same(dsn) {
			return name
		}
	}
	return ""
}

func upTo(text, sep string) string {
	text, _, _ = strings.Cut(text, sep)
	return text
}

// Open returns a Handle of a database, and connects it.
func (d *Databases) Open(ctx context.Context, name string) (*Handle, error) {
	d.mu.Lock()
	p := d.pools[name]
	d.mu.Unlock()
	if p == nil {
		return nil, fmt.Errorf("there is no database %s any more", name)
	}
	h := &Handle{pool: p}
	return h, h.Connect(ctx)
}

// backendOf returns the backend of a connection that the pool has made.
func backendOf(conn any) backend {
	if pg, ok := conn.(*stdlib.Conn); ok {
		return newPgConn(pg)
	}
	return conn.(backend)
}
