package file

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// File is an open file. Its text is in memory.
type File struct {
	text   string
	offset int // of the next byte to read
	open   bool
}

// Holds visits the text.
func (f *File) Holds(visit func(lua.LValue)) int {
	visit(lua.LString(f.text))
	return 0
}

func class() *vm.Class {
	return &vm.Class{
		Name: "file", Value: (*File)(nil),
		Doc:     "A file that io.open has opened for reading.",
		Example: "local file = assert(io.open(\"greeting.txt\"))\nprint(file:read(\"*l\"))",
		Methods: []vm.Func{
			{
				Name:    "read",
				Params:  []vm.Param{{Name: "format", Kind: vm.Any, Variadic: true, Doc: `"*l": a line, without its end (also if nothing is given); "*a": all the rest; "*n": a number; a number: so many bytes`}},
				Results: []vm.Result{{Name: "text", Kind: vm.Any, Doc: "one result for each format; nil at the end of the file"}},
				Doc:     "Reads from the file, as Lua 5.1 does.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nlocal first, rest = file:read(\"*l\", \"*a\")",
				Go:      ifOpen((*File).read),
			},
			{
				Name: "lines", Results: []vm.Result{{Name: "iterator", Kind: vm.Function, Doc: "returns the next line, and nil after the last"}},
				Doc:     "Returns an iterator over the lines that have not been read yet.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nfor line in file:lines() do print(line) end",
				Go:      ifOpen(func(f *File, a *vm.Args) error { a.Return(lines(a, a.L.Get(1), f)); return nil }),
			},
			{
				Name: "close", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "always true"}},
				Doc:     "Closes the file. A file that is not closed costs memory until the script ends.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nfile:close()",
				Go:      ifOpen(func(f *File, a *vm.Args) error { *f = File{}; a.ReturnBool(true); return nil }),
			},
		},
	}
}

// ifOpen returns a method that is refused on a closed file.
func ifOpen(do func(*File, *vm.Args) error) func(*vm.Args) error {
	return func(a *vm.Args) error {
		f := a.Self().(*File)
		if !f.open {
			return errors.New("attempt to use a closed file")
		}
		return do(f, a)
	}
}

func lines(a *vm.Args, self lua.LValue, f *File) lua.LValue {
	return a.Iterator(self, func() (string, bool, error) {
		if !f.open {
			return "", false, errors.New("file is already closed")
		}
		line, ok := f.line()
		return line, ok, nil
	})
}

// read reads as liolib.c:g_read does: the first format that finds nothing ends it.
func (f *File) read(a *vm.Args) error {
	formats := max(1, a.Len())
	results := make([]lua.LValue, 0, formats)
	for i := range formats {
		v, err := f.format(a.Value(i), a.Len() == 0)
		if err != nil {
			return fmt.Errorf("bad argument #%d to 'read' (%w)", i+1, err)
		}
		if results = append(results, v); v == lua.LNil {
			break
		}
	}
	a.Return(results...)
	return nil
}

var errFormat = errors.New("invalid format")

func (f *File) format(format lua.LValue, none bool) (lua.LValue, error) {
	if n, ok := format.(lua.LNumber); ok {
		return f.bytes(n), nil
	}
	s, _ := format.(lua.LString)
	if none {
		s = "*l"
	}
	if !strings.HasPrefix(string(s), "*") || len(s) < 2 {
		return nil, errFormat
	}
	switch s[1] {
	case 'l':
		if line, ok := f.line(); ok {
			return lua.LString(line), nil
		}
		return lua.LNil, nil
	case 'a':
		rest := f.text[f.offset:]
		f.offset = len(f.text)
		return lua.LString(rest), nil
	case 'n':
		return f.number(), nil
	}
	return nil, errFormat
}

func (f *File) bytes(most lua.LNumber) lua.LValue {
	left := len(f.text) - f.offset
	if left == 0 {
		return lua.LNil
	}
	n := 0
	if most > 0 {
		n = int(min(most, lua.LNumber(left)))
	}
	f.offset += n
	return lua.LString(f.text[f.offset-n : f.offset])
}

func (f *File) line() (string, bool) {
	if f.offset == len(f.text) {
		return "", false
	}
	line, _, more := strings.Cut(f.text[f.offset:], "\n")
	if f.offset += len(line); more {
		f.offset++
	}
	return line, true
}

// longestNumber limits the bytes of a number.
const longestNumber = 200

func (f *File) number() lua.LValue {
	rest := strings.TrimLeft(f.text[f.offset:], " \t\n\v\f\r")
	f.offset = len(f.text) - len(rest)
	n := 0
	for n < len(rest) && n < longestNumber && strings.IndexByte("+-.0123456789abcdefxpABCDEFXP", rest[n]) >= 0 {
		n++
	}
	for ; n > 0; n-- {
		if x, ok := number.Parse(rest[:n]); ok {
			f.offset += n
			return lua.LNumber(x)
		}
	}
	return lua.LNil
}
