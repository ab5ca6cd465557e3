package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A table has rows under a head, in columns as wide as needed. Columns of numbers are
// aligned to the right, others to the left. A cell is one line.
type table [][]string

func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = oneLine(fmt.Sprint(c))
	}
	*t = append(*t, row)
}

func (t table) print(w io.Writer) {
	if len(t) == 0 {
		return
	}
	width := make([]int, len(t[0]))
	number := make([]bool, len(t[0]))
	for i := range width {
		number[i] = len(t) > 1
		for n, row := range t {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
			_, err := strconv.Atoi(row[i])
			number[i] = number[i] && (n == 0 || err == nil)
		}
	}
	for n, row := range t {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if number[i] {
				cell = pad + cell
			} else {
				cell += pad
			}
			line.WriteString(cell + "  ")
		}
		if text := strings.TrimRight(line.String(), " "); n == 0 {
			bold.line(w, "%s", text)
		} else {
			fmt.Fprintln(w, text)
		}
	}
}

// age formats a duration in its one or two largest units.
func age(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
}

// moment formats a time, with the date if it is not today's.
func moment(t, now time.Time) string {
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// since formats a time and how long ago it is.
func since(t, now time.Time) string {
	return moment(t, now) + " (" + age(now.Sub(t)) + " ago)"
}

// count formats "1 call" or "2 calls".
func count[N int | int64 | uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "sh") {
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}
