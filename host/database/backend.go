package database

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// Kind says as what the database holds a value.
type Kind uint8

// The kinds of values. All are written as text; the others are what a script would
// rather have.
const (
	Text Kind = iota
	Null
	Number
	Bool // the text is t or f
)

// A Value is one column of a row.
type Value struct {
	Kind Kind
	Text []byte // as the database writes it; valid until the next row
}

// A Row is one row of a result. It is valid until the next one is read.
type Row struct {
	Columns []string
	Values  []Value
}

// Clone returns the row as it will be after the next one is read.
func (r *Row) Clone() *Row {
	kept := &Row{Columns: r.Columns, Values: slices.Clone(r.Values)}
	for i := range kept.Values {
		kept.Values[i].Text = bytes.Clone(kept.Values[i].Text)
	}
	return kept
}

// Size returns about what a row holds.
func (r *Row) Size() int {
	n := 64
	for _, v := range r.Values {
		n += 40 + len(v.Text)
	}
	return n
}

// MaxRow limits the bytes of a row, and of a value of it.
const MaxRow = 1 << 20

// A backend is a connection to one kind of database. It belongs to one goroutine.
type backend interface {
	// run starts the commands of a text, which can be several without args. If the
	// rows are not wanted, the cursor gives none. A server's cursor calls drop for each
	// row that it reads and does not give.
	run(ctx context.Context, text string, args []any, rows bool, drop func()) (cursor, error)
	// nests reports whether commands can run while a cursor is open.
	nests() bool
	// computes reports whether commands run in this process, and not in a server.
	computes() bool
	// alive reports whether the connection is still of use.
	alive(ctx context.Context) bool
}

// A cursor reads the results of commands.
type cursor interface {
	// next returns the next row of any of the commands, nil after the last. It runs
	// the commands as far as that.
	next(ctx context.Context) (*Row, error)
	// columns returns the names of the columns of the last command, none if it gives no
	// rows.
	columns() []string
	// types returns the types of the columns as the database names them; nil if it does
	// not tell any more.
	types() []string
	// changed returns how many rows the last command has changed.
	changed() int64
	// close drops what has not been read. It may be called again.
	close(ctx context.Context) error
}

// wrongCount says that a command wants another number of values than it got.
func wrongCount(want, got int) error {
	return fmt.Errorf("the command has %d placeholders, and %d values were given", want, got)
}
