package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A Database is one that scripts know by its name in the configuration.
type Database struct {
	DSN         DSN      `yaml:"dsn" doc:"where it is: sqlite:///PATH, pgsql://host=HOST dbname=NAME user=USER password=PASSWORD (as libpq reads it, also postgresql://USER:PASSWORD@HOST/NAME), mariadb://USER:PASSWORD@HOST:PORT/NAME (or Server=HOST;Database=NAME;Uid=USER;Pwd=PASSWORD after ://), mysql:// likewise"`
	Connections int      `yaml:"connections" least:"1" default:"10" doc:"connections at a time; a script that needs another one waits, and gets that of a script which does nothing with its own (a transaction and its locks: after a third of the timeout)"`
	Timeout     Duration `yaml:"timeout" default:"30s" doc:"how long a command, or the wait for a connection, may take"`
	Size        Size     `yaml:"size" default:"1GiB" doc:"how large a file of SQLite may become; 0B is no limit"`
}

// UnmarshalYAML reads a database over the defaults.
func (d *Database) UnmarshalYAML(n ast.Node) error {
	type plain Database
	return overDefaults(n, (*plain)(d))
}

func (d *Database) conflicts() (list []conflict) {
	if d.DSN == "" {
		list = append(list, conflict{[]string{"dsn"}, "this database has no dsn; add dsn: sqlite:///var/lib/eslua/NAME.db"})
	}
	if d.Timeout <= 0 {
		list = append(list, conflict{[]string{"timeout"}, "a database needs a timeout, or a command could take for ever"})
	}
	return list
}

// The kinds of databases.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgresql"
	MySQL      = "mysql"
)

var kindOfScheme = map[string]string{
	"sqlite": SQLite, "pgsql": PostgreSQL, "postgres": PostgreSQL, "postgresql": PostgreSQL, "mariadb": MySQL, "mysql": MySQL,
}

// A DSN is a data source name: SCHEME://REST. It may hold a password, and so it is not
// for the log.
type DSN string

// UnmarshalYAML reads a data source name.
func (d *DSN) UnmarshalYAML(n ast.Node) error { return scalar(n, d.Set) }

// Set reads a data source name from text.
func (d *DSN) Set(text string) error {
	scheme, rest, ok := strings.Cut(text, "://")
	kind := kindOfScheme[strings.ToLower(scheme)]
	if !ok || kind == "" {
		return errors.New("a dsn begins with sqlite://, pgsql://, mariadb:// or mysql://")
	}
	if kind == SQLite && !path.IsAbs(rest) {
		return fmt.Errorf("%q names no file by its absolute path; write sqlite:///var/lib/eslua/NAME.db", text)
	}
	*d = DSN(text)
	return nil
}

func (d DSN) String() string { return Hidden(string(d)) }

// Kind returns SQLite, PostgreSQL or MySQL.
func (d DSN) Kind() string {
	scheme, _, _ := strings.Cut(string(d), "://")
	return kindOfScheme[strings.ToLower(scheme)]
}

// SQLite reports whether the database is a file of SQLite's.
func (d DSN) SQLite() bool { return d.Kind() == SQLite }

// Rest returns what a driver gets: what follows the scheme, or a URL of PostgreSQL's.
func (d DSN) Rest() string {
	scheme, rest, _ := strings.Cut(string(d), "://")
	switch {
	case d.Kind() == PostgreSQL && !strings.EqualFold(scheme, "pgsql"):
		return string(d)
	case d.Kind() == SQLite:
		return path.Clean(rest)
	}
	return rest
}

// Same reports whether a data source name of a script means this database, whatever
// user and password it has.
func (d DSN) Same(text string) bool {
	other := DSN(text)
	return other.Kind() != "" && other.Kind() == d.Kind() && withoutUser(other) == withoutUser(d)
}

// withoutUser returns what a data source name says of the place only.
func withoutUser(d DSN) string {
	rest := d.Rest()
	if d.Kind() == SQLite {
		return strings.TrimRight(rest, " ") // FusionPBX's end in a blank
	}
	if u, err := url.Parse("x://" + strings.TrimPrefix(strings.TrimPrefix(rest, "postgres://"), "postgresql://")); err == nil && u.User != nil {
		return u.Host + u.Path
	}
	rest = credentials.ReplaceAllString(rest, "")
	return strings.Join(strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ';' }), " ")
}

var credentials = regexp.MustCompile(`(?i)\b(user|uid|password|passwd|pwd)\s*=\s*('(\\.|[^'\\])*'|[^\s;]*)`)

// Hidden returns a data source name without what may be a password, for messages.
func Hidden(dsn string) string {
	dsn = credentials.ReplaceAllStringFunc(dsn, func(word string) string {
		key, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(strings.ToLower(key), "u") {
			return word
		}
		return key + "=..."
	})
	return userInfo.ReplaceAllString(dsn, "$1:...@")
}

var userInfo = regexp.MustCompile(`(://[^:/@]*):[^@]*@`)
