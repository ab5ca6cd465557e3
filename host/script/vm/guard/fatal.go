package guard

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// LimitError is a budget that was used up. No script can catch it, but for
// the stack's, which Lua has always let pcall catch.
type LimitError struct {
	Limit  string // memory, burst, cpu, duration, stack or source
	Figure string // the budget, with its unit
	File   string // where the script stood; "" if it did not run
	Line   int
}

func (e *LimitError) Error() string {
	return place(e.File, e.Line) + e.Text()
}

// Text is the message without the place.
func (e *LimitError) Text() string { return e.Limit + " limit of " + e.Figure + " reached" }

// InternalError is a Go panic below a script, which costs that script only.
type InternalError struct {
	Value any    // what was recovered
	File  string // where the script stood
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

// limit ends the script because of a budget.
func (g *Guard) limit(L *lua.LState, name, figure string) {
	file, line := Where(L)
	g.end(L, &LimitError{Limit: name, Figure: figure, File: file, Line: line})
}

// end ends the script for good. Nothing catches the panic before Enter.
func (g *Guard) end(L *lua.LState, err error) {
	if e, ok := err.(*LimitError); ok && e.File == "" {
		at := *e
		at.File, at.Line = Where(L)
		err = &at
	}
	if g.dead == nil {
		g.dead = err
	}
	panic(g.dead)
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
