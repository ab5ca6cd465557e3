package campaign

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A ResultWriter writes what came of each number.
type ResultWriter struct {
	Write func(Entry) error
	Flush func() error
}

// Writer returns a ResultWriter of a format: csv, or json with an object in each line.
func Writer(format string, to io.Writer) (*ResultWriter, error) {
	out := bufio.NewWriterSize(to, 64<<10)
	switch format {
	case "json":
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		return &ResultWriter{func(e Entry) error { return lines.Encode(e) }, out.Flush}, nil
	case "csv":
		lines := csv.NewWriter(out)
		if err := lines.Write(columns); err != nil {
			return nil, err
		}
		return &ResultWriter{func(e Entry) error { return lines.Write(e.cells()) }, func() error {
			lines.Flush()
			if err := lines.Error(); err != nil {
				return err
			}
			return out.Flush()
		}}, nil
	}
	return nil, fmt.Errorf("the format is csv or json, not %q", format)
}

// columns of the results as CSV. What else the list has about a number is in one of them.
var columns = []string{"number", "state", "outcome", "attempts", "cause", "seconds", "result", "first", "last", "uuid", "node", "route", "columns"}

func (e Entry) cells() []string {
	cells := []string{e.Number, e.State, e.Outcome, strconv.Itoa(len(e.Attempts)), "", "", "", "", "", "", "", "", ""}
	if len(e.Attempts) > 0 {
		a := e.last()
		cells = append(cells[:4], a.Cause, strconv.Itoa(a.Seconds), a.Result, stamp(e.Attempts[0].Began), stamp(a.Began), a.UUID, a.Node, a.Route, "")
	}
	if len(e.Columns) > 0 {
		text, _ := json.Marshal(e.Columns) // a map of texts
		cells[len(cells)-1] = string(text)
	}
	for i := range cells[1:] {
		cells[i+1] = plain(cells[i+1])
	}
	return cells
}

// plain returns a cell that no spreadsheet takes for a formula.
func plain(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
