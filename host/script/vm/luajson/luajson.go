// Package luajson owns JSON text and Lua values, each made from the other: the
// one place for all modules that scripts know (cjson, dkjson, lunajson, json). The
// work is charged to the script, and what a text becomes counts as its memory while
// it is read. freeswitch.JSON is not here: it keeps to cJSON's ways.
package luajson

import (
	"errors"
	"fmt"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// MaxText limits the bytes of one text, read or written. Give it to the parameter
// that takes the text as its Most.
const MaxText = 1 << 20

// MaxDepth limits the nesting of arrays and objects, as lua-cjson does.
const MaxDepth = 1000

// A Format says how values are read and written. The zero Format reads null as nil
// and writes as lua-cjson does.
type Format struct {
	Null     lua.LValue // what null is read as, and what is written as null beside nil; nil: only nil
	Empty    lua.LValue // is written as []; nil: nothing is
	Comments bool       // // and /* */ are blanks
	Length   bool       // element 0 of an array is its length, in both directions
	// Array returns the length of the array that a table is, -1 for an object, Sparse for
	// neither; nil: CJSON.
	Array     func(*lua.LTable, Shape) int
	Digits    int    // of a number; 0: 14
	Depth     int    // that is written and read; 0: MaxDepth
	Slash     bool   // / is written as \/
	Unicode   bool   // what JavaScript takes for a line end is escaped
	NonFinite string // what is written for a number that JSON does not have; "": an error
	Indent    string // for each level; "": all on one line
	// Read and Write see each table: Read a new one, before it is filled; Write before
	// it is written. Write may return the text to write instead, or the keys of an object that come first.
	Read  func(t *lua.LTable, array bool)
	Write func(t *lua.LTable) (Written, error)
}

// Written tells what Format.Write knows of a table.
type Written struct {
	Text   *string
	First  []string
	Object bool // it is an object if it is empty
}

// A Shape tells what the keys of a table say of it.
type Shape struct {
	Count   int  // of all keys
	Largest int  // of the keys that are positive whole numbers
	Others  int  // how many keys are not such
	Whole   bool // none is not
	One     bool // key 1 is there
}

// Sparse stands for an array with too many holes.
const Sparse = -2

// CJSON tells arrays as lua-cjson does: sparse ones, of which it writes at most ten
// elements or twice as many as there are, are errors.
func CJSON(_ *lua.LTable, s Shape) int {
	switch {
	case s.Count == 0 || !s.Whole:
		return -1
	case s.Largest > 2*s.Count && s.Largest > 10:
		return Sparse
	}
	return s.Largest
}

// Encode returns the text of a value.
func Encode(a *vm.Args, v lua.LValue) (string, error) { return (&Format{}).Encode(a, v) }

// Decode returns the value of a text.
func Decode(a *vm.Args, text string) (lua.LValue, error) { return (&Format{}).Decode(a, text) }

// Encode returns the text of a value.
func (f *Format) Encode(a *vm.Args, v lua.LValue) (string, error) {
	w := writer{Format: f, a: a}
	err := w.value(v)
	if err == nil && len(w.text) > MaxText {
		err = errTooLong
	}
	if err != nil {
		return "", err
	}
	return string(w.text), nil
}

// Decode returns the value of a text. The error is a *SyntaxError.
func (f *Format) Decode(a *vm.Args, text string) (lua.LValue, error) {
	v, at, err := f.DecodeFrom(a, text, 0)
	if err != nil {
		return nil, err
	}
	r := reader{Format: f, a: a, text: text, at: at}
	if t := r.next(); t.kind != end {
		return nil, r.expected("the end", t)
	}
	return v, nil
}

// DecodeFrom returns the value that begins in a text after some bytes, and where the
// text goes on after it. The error is a *SyntaxError.
func (f *Format) DecodeFrom(a *vm.Args, text string, at int) (v lua.LValue, after int, err error) {
	a.ChargeCPU(50 + (len(text)-at)/8)
	r := reader{Format: f, a: a, text: text, at: at}
	top := a.L.GetTop()
	v, err = r.value(r.next(), nil)
	a.L.SetTop(top)
	return v, r.at, err
}

// A SyntaxError says where a text is not JSON.
type SyntaxError struct {
	At      int // the byte, counted from 1
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at character %d", e.Message, e.At) }

// Place returns the line and the column of the error in its text, counted from 1.
func (e *SyntaxError) Place(text string) (line, column int) {
	line, column = 1, 1
	for i := 0; i < e.At-1 && i < len(text); i++ {
		if column++; text[i] == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

func (f *Format) depth() int {
	if f.Depth > 0 {
		return min(f.Depth, MaxDepth)
	}
	return MaxDepth
}

var errTooLong = errors.New("Cannot serialise: the text would be longer than 1 MiB") //nolint:staticcheck // in lua-cjson's style
