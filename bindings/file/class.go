package file

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// A File holds an open file. What can be read of it is in memory.
type File struct {
	text   string
	offset int64 // of the next byte
	open   bool
	reads  bool
	out    *output // nil: it is not written
}

// Holds visits the text.
func (f *File) Holds(visit func(lua.LValue)) int {
	visit(lua.LString(f.text))
	if f.out == nil {
		return 0
	}
	return 600 + len(f.out.path) + cap(f.out.kept)
}

func class() *vm.Class {
	return &vm.Class{
		Name: "file", Value: (*File)(nil),
		Doc:     "A file that io.open has opened.",
		Example: "local file = assert(io.open(\"greeting.txt\"))\nprint(file:read(\"*l\"))",
		// What another module gives is the text of a file to read.
		Wrap: func(v any) vm.Holder {
			if text, ok := v.(string); ok {
				return &File{text: text, open: true, reads: true}
			}
			f, _ := v.(*File)
			return f
		},
		Methods: []vm.Func{
			{
				Name:    "read",
				Params:  []vm.Param{{Name: "format", Kind: vm.Any, Variadic: true, Doc: `"*l": a line, without its end (also if nothing is given); "*L": with it; "*a": all the rest; "*n": a number; a number: so many bytes; the * may be missing`}},
				Results: []vm.Result{{Name: "text", Kind: vm.Any, Doc: "one result for each format; nil at the end of the file"}},
				Doc:     "Reads from the file, as Lua does.",
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
				Name: "write", Params: []vm.Param{{Name: "text", Kind: vm.Any, Most: mostText, Variadic: true, Doc: "text or numbers"}},
				Results: []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "the file; nil if it cannot be written"}, {Name: "why", Kind: vm.String, Doc: "the reason, if file is nil"},
					{Name: "errno", Kind: vm.Int, Doc: "the reason's number in C"}},
				Doc:     "Writes to the file.",
				Example: "local file = assert(io.open(\"/srv/calls/today.csv\", \"a\"))\nfile:write(os.time(), \",\", \"1000\", \"\\n\")\nfile:close()",
				Go:      ifOpen(func(f *File, a *vm.Args) error { return a.Instance().(*files).write(a, f, a.L.Get(1)) }),
			},
			{
				Name: "seek",
				Params: []vm.Param{{Name: "whence", Kind: vm.String, Optional: true, Default: "cur", Doc: `"set": from the beginning; "cur": from here; "end": from the end`},
					{Name: "offset", Kind: vm.Int, Optional: true, Default: "0", Doc: "how many bytes from there"}},
				Results: []vm.Result{{Name: "offset", Kind: vm.Int, Doc: "where the file is now, from its beginning; nil if that cannot be"}},
				Doc:     "Goes to another place of the file, or returns where it is.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nprint(file:seek(\"end\"))",
				Go:      ifOpen(func(f *File, a *vm.Args) error { return a.Instance().(*files).seek(a, f) }),
			},
			{
				Name: "flush", Results: []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "the file; nil if it cannot be written"}},
				Doc:     "Writes to the disk what the script has written to the file.",
				Example: "local file = assert(io.open(\"/srv/calls/today.csv\", \"a\"))\nfile:write(\"x\")\nfile:flush()",
				Go:      ifOpen(func(f *File, a *vm.Args) error { return a.Instance().(*files).flush(a, f, a.L.Get(1)) }),
			},
			{
				Name: "setvbuf", Params: []vm.Param{{Name: "mode", Kind: vm.Any, Variadic: true, Doc: "ignored"}},
				Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "always true"}},
				Doc:     "Does nothing: accepted for Lua's sake.",
				Example: "io.stdout:setvbuf(\"no\")",
				Go:      ifOpen(func(_ *File, a *vm.Args) error { a.ReturnBool(true); return nil }),
			},
			{
				Name: "close", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true; nil if what was written did not reach the disk"}, {Name: "why", Kind: vm.String, Doc: "the reason, if done is nil"}},
				Doc:     "Closes the file. A file that is not closed costs memory until the script ends.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nfile:close()",
				Go:      ifOpen(func(f *File, a *vm.Args) error { return a.Instance().(*files).close(a, f) }),
			},
		},
	}
}

// ifOpen returns a method that is refused on a closed file.
func ifOpen(do func(*File, *vm.Args) error) func(*vm.Args) error {
	return func(a *vm.Args) error {
		f := a.Self().(*File)
		if !f.open {
			return errClosed
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
	if !f.open {
		return errClosed
	}
	if !f.reads {
		a.Return(lua.LNil, lua.LString("Bad file descriptor"), lua.LNumber(syscall.EBADF))
		return nil
	}
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

var (
	errFormat = errors.New("invalid format")
	errClosed = errors.New("attempt to use a closed file")
)

func (f *File) format(format lua.LValue, none bool) (lua.LValue, error) {
	if n, ok := format.(lua.LNumber); ok {
		return f.bytes(n), nil
	}
	s, _ := format.(lua.LString)
	if none {
		s = "l"
	}
	switch letter := strings.TrimPrefix(string(s), "*"); {
	case letter == "":
		return nil, errFormat
	case letter[0] == 'l' || letter[0] == 'L':
		before := f.offset
		line, ok := f.line()
		if !ok {
			return lua.LNil, nil
		}
		if letter[0] == 'L' {
			line = f.text[before:f.offset]
		}
		return lua.LString(line), nil
	case letter[0] == 'a':
		rest := f.rest()
		f.offset += int64(len(rest))
		return lua.LString(rest), nil
	case letter[0] == 'n':
		return f.number(), nil
	}
	return nil, errFormat
}

// rest returns what has not been read.
func (f *File) rest() string { return f.text[min(f.offset, int64(len(f.text))):] }

func (f *File) bytes(most lua.LNumber) lua.LValue {
	rest := f.rest()
	if rest == "" {
		return lua.LNil
	}
	n := 0
	if most > 0 {
		n = int(min(most, lua.LNumber(len(rest))))
	}
	f.offset += int64(n)
	return lua.LString(rest[:n])
}

func (f *File) line() (string, bool) {
	rest := f.rest()
	if rest == "" {
		return "", false
	}
	line, _, more := strings.Cut(rest, "\n")
	if f.offset += int64(len(line)); more {
		f.offset++
	}
	return line, true
}

// longestNumber limits the bytes of a number.
const longestNumber = 200

func (f *File) number() lua.LValue {
	all := f.rest()
	rest := strings.TrimLeft(all, " \t\n\v\f\r")
	f.offset += int64(len(all) - len(rest))
	n := 0
	for n < len(rest) && n < longestNumber && strings.IndexByte("+-.0123456789abcdefxpABCDEFXP", rest[n]) >= 0 {
		n++
	}
	for ; n > 0; n-- {
		if x, ok := number.Parse(rest[:n]); ok {
			f.offset += int64(n)
			return lua.LNumber(x)
		}
	}
	return lua.LNil
}
