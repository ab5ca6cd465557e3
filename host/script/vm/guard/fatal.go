package guard

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// A LimitError says which budget was used up. No script can catch it, except the
// stack's, which pcall has always caught.
type LimitError struct {
	Limit  string // memory, burst, cpu, after_hangup, duration, stack or source
	Figure string // the budget, with its unit
	File   string // the line that ran; "" if none did
	Line   int
}

func (e *LimitError) Error() string {
	return place(e.File, e.Line) + e.Text()
}

// Text returns the message without the position.
func (e *LimitError) Text() string { return e.Limit + " limit of " + e.Figure + " reached" }

// An InternalError is a Go panic inside a script, which ends that script only.
type InternalError struct {
	Value any    // the recovered value
	File  string // the line that ran
	Line  int
	Stack []byte // Go's
}

func (e *InternalError) Error() string {
	return fmt.Sprintf("%sinternal error: %v", place(e.File, e.Line), e.Value)
}

func place(file string, line int) string {
	if file == "" {
		return ""
	}
	return file + ":" + strconv.Itoa(line) + ": "
}

// endByLimit ends the script because of a budget.
func (g *Guard) endByLimit(L *lua.LState, name, figure string) {
	file, line := Where(L)
	g.endScript(L, &LimitError{Limit: name, Figure: figure, File: file, Line: line})
}

// endScript ends the script. Only Enter catches its panic.
func (g *Guard) endScript(L *lua.LState, err error) {
	if e, ok := err.(*LimitError); ok && e.File == "" {
		at := *e
		at.File, at.Line = Where(L)
		err = &at
	}
	if g.ended == nil {
		g.ended = err
	}
	panic(g.ended)
}

// Size writes a number of bytes as the limits' errors do: 16 MiB.
func Size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + " GiB"
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
