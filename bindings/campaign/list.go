package campaign

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A reader returns one row after the other, and nil after the last one.
type reader func() (campaign.Row, error)

// rows returns a reader of a list; done ends it.
func (m *maker) rows(a *vm.Args, ctx context.Context, v lua.LValue) (next reader, done func(), err error) {
	done = func() {}
	switch v := v.(type) {
	case lua.LString:
		return m.file(a, ctx, string(v))
	case *lua.LFunction:
		return func() (campaign.Row, error) {
			results, err := a.State().Call(v)
			if err != nil || len(results) == 0 || results[0] == lua.LNil {
				return nil, err
			}
			return row(a, results[0])
		}, done, nil
	case *lua.LTable:
		if v.RawGetString("database") != lua.LNil {
			return m.query(a, ctx, v)
		}
		at := 0
		return func() (campaign.Row, error) {
			if at++; at > v.Len() {
				return nil, nil
			}
			return row(a, v.RawGetInt(at))
		}, done, nil
	}
	return nil, done, fmt.Errorf(`it is a %s; write the name of a CSV file, a table of numbers or rows, a function, or {database = ..., query = ...}`, v.Type())
}

// row reads a number or a row.
func row(a *vm.Args, v lua.LValue) (campaign.Row, error) {
	if n, ok := v.(lua.LNumber); ok && !(n >= 0 && n < 1e15 && n == lua.LNumber(int64(n))) {
		return nil, &campaign.RowError{Err: fmt.Errorf("%v is no number that can be dialled; write it as a text", n)}
	}
	if number, ok := text(v); ok {
		return campaign.Row{"number": number}, nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("a row is a %s; write a number, or {number = ..., name = ...}", v.Type())
	}
	r := campaign.Row{}
	var err error
	t.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		value, scalar := text(v)
		if !ok || !scalar || len(r) > mostList {
			err = fmt.Errorf("a row has %.40s = %s; write {number = ..., name = ...} with text and numbers", k.String(), v.Type())
			return
		}
		a.ChargeCPU(8 + len(value)/8)
		r[string(name)] = value
	})
	return r, err
}

// file reads a CSV file. The first line names its columns; a file without such a line has
// numbers alone.
func (m *maker) file(a *vm.Args, ctx context.Context, name string) (next reader, done func(), err error) {
	done = func() {}
	at, err := m.env.ToRead(ctx, name)
	if err != nil {
		return nil, done, err
	}
	var source io.Reader
	if at.Tree != "" {
		text, err := m.env.State.ReadFile(at.Tree)
		if err != nil {
			return nil, done, err
		}
		a.ChargeMemory(len(text))
		source = strings.NewReader(text)
	} else {
		f, err := regular(at.Dir, at.Name)
		if err != nil {
			return nil, done, err
		}
		done = func() { _ = f.Close() } // it was only read
		source = f
	}
	buffered := bufio.NewReaderSize(source, 64<<10)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	first, _ := buffered.Peek(4 << 10)
	line, _, _ := strings.Cut(string(first), "\n")
	limit := &bounded{Reader: buffered}
	lines := csv.NewReader(limit)
	lines.ReuseRecord, lines.FieldsPerRecord, lines.TrimLeadingSpace, lines.Comment = true, -1, true, '#'
	if strings.Count(line, ";") > strings.Count(line, ",") {
		lines.Comma = ';'
	}
	head, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return func() (campaign.Row, error) { return nil, nil }, done, nil
	}
	if err != nil {
		return nil, done, fmt.Errorf("%s: %w", name, err)
	}
	columns := append([]string{}, head...)
	var pending campaign.Row
	if !hasNumber(columns) {
		if _, err := campaign.Normal(columns[0]); err != nil || len(columns) > 1 {
			return nil, done, fmt.Errorf("%s, line 1: one column must be called number; the columns are %.200q", name, columns)
		}
		pending, columns = campaign.Row{"number": columns[0]}, []string{"number"}
	}
	return func() (campaign.Row, error) {
		if pending != nil {
			r := pending
			pending = nil
			return r, nil
		}
		limit.row = 0
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r := campaign.Row{}
		for i, value := range record {
			a.ChargeCPU(len(value) / 4)
			if i < len(columns) {
				r[columns[i]] = strings.Clone(strings.TrimSpace(value))
			}
		}
		return r, nil
	}, done, nil
}

func hasNumber(columns []string) bool {
	for i, c := range columns {
		columns[i] = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(c)), " ", "_")
		if columns[i] == "number" {
			return true
		}
	}
	return false
}

// regular opens a regular file below a directory; a pipe or a device would block.
func regular(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", name)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// The most bytes of a file, and of one row of it.
const (
	mostFile = 256 << 20
	mostLine = 64 << 10
)

// A bounded reader ends with an error when there is too much.
type bounded struct {
	io.Reader
	all, row int64 // since row was set to 0
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.all += int64(n)
	b.row += int64(n)
	if b.all > mostFile {
		return 0, fmt.Errorf("the file has more than %d bytes", mostFile)
	}
	if b.row > mostLine {
		return 0, fmt.Errorf("a row has more than %d bytes; is a quote not closed?", mostLine)
	}
	return n, err
}

// query reads the rows of a command of a database.
func (m *maker) query(a *vm.Args, ctx context.Context, t *lua.LTable) (next reader, done func(), err error) {
	done = func() {}
	var from, query string
	err = known(a, t, "database", "query", "values")
	if err == nil {
		err = scalar(t.RawGetString("database"), &from, "")
	}
	if err == nil {
		err = scalar(t.RawGetString("query"), &query, "")
	}
	if err != nil {
		return nil, done, err
	}
	if m.Databases == nil {
		return nil, done, errors.New("the configuration has no databases")
	}
	name, err := m.Databases.Find(from)
	if err == nil {
		err = m.env.Grants.CheckDatabase(name)
	}
	if err != nil {
		return nil, done, err
	}
	var values []any
	if list, ok := t.RawGetString("values").(*lua.LTable); ok {
		for i := 1; i <= min(list.Len(), mostList); i++ {
			value, ok := text(list.RawGetInt(i))
			if !ok {
				return nil, done, errors.New("values: write a list of texts and numbers")
			}
			values = append(values, value)
		}
	}
	h, err := m.Databases.Open(ctx, name)
	if err != nil {
		return nil, done, err
	}
	done = h.Release
	rows, err := h.Query(ctx, query, values)
	if err != nil {
		return nil, done, err
	}
	return func() (campaign.Row, error) {
		record, err := rows.Next()
		if err != nil || record == nil {
			return nil, err
		}
		r := campaign.Row{}
		for i, column := range rows.Columns() {
			value := record.Values[i]
			a.ChargeCPU(8 + len(value.Text)/8)
			if value.Kind != database.Null {
				r[column] = string(value.Text)
			}
		}
		return r, nil
	}, done, nil
}
