package file

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Declare declares the table and the class.
func (Module) Declare() *vm.Module {
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "a path relative to the script directory or below it, or an absolute one in a directory that the flow may read or write (grants: read:, write:)"}
	opened := []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "nil if it cannot be opened"}, {Name: "why", Kind: vm.String, Doc: "the reason, if file is nil"},
		{Name: "errno", Kind: vm.Int, Doc: "the reason's number in C"}}
	other := vm.Param{Name: "file", Kind: vm.Any, Optional: true, Default: "none", Doc: "a file, or the name of one"}
	return &vm.Module{
		Name: "io",
		Doc: "Files. A relative name is a file of the script directory as it was when the call began, and can only be read. " +
			"Files elsewhere are read and written in directories that the configuration grants. A refusal is a warning in the log, and to the script a file that cannot be opened.",
		AfterHangup: "Works as before: it does not concern the call.",
		Classes:     []*vm.Class{class()},
		Constants: []vm.Constant{
			{Name: "stdin", Make: standard(stdin), Doc: "an empty file: a script has no terminal"},
			{Name: "stdout", Make: standard(stdout), Doc: "writes to the log, as print does"},
			{Name: "stderr", Make: standard(stderr), Doc: "writes warnings to the log"},
		},
		Funcs: []vm.Func{
			{
				Name: "open", Params: []vm.Param{name, {Name: "mode", Kind: vm.String, Optional: true, Default: "r",
					Doc: `"r": to read; "w": to write from the beginning; "a": to append; "r+", "w+", "a+": both; a b behind it changes nothing`}},
				Results: opened,
				Doc: "Opens a file. Writing needs grants: write:; limits.written bounds what a run writes in all, and limits.file what a file may hold. " +
					"What is written reaches the disk with close or flush, when 32 KiB have come together, and when the script ends.",
				Example: "local file, why = io.open(\"lists/vip.csv\")\nif file then\n  print(file:read(\"*a\"))\n  file:close()\nelse\n  freeswitch.consoleLog(\"err\", why)\nend",
				Go:      open,
			},
			{
				Name:    "lines",
				Params:  []vm.Param{{Name: "name", Kind: vm.String, Optional: true, Default: "the input of io.read", Doc: name.Doc}},
				Results: []vm.Result{{Name: "iterator", Kind: vm.Function, Doc: "returns the next line, and nil after the last"}},
				Doc:     "Returns an iterator over the lines of a file. Raises an error if the file cannot be read.",
				Example: "for line in io.lines(\"lists/vip.csv\") do\n  print(line)\nend",
				Go: func(a *vm.Args) error {
					s := a.Instance().(*files)
					if !a.Has(0) {
						a.Return(lines(a, s.in(), value(s.in())))
						return nil
					}
					f, err := s.read(a, a.String(0))
					if err != nil {
						return describe(a.String(0), err)
					}
					a.Return(lines(a, a.State().NewObject("file", f), f))
					return nil
				},
			},
			{
				Name: "read", Params: []vm.Param{{Name: "format", Kind: vm.Any, Variadic: true, Doc: "as file:read"}},
				Results: []vm.Result{{Name: "text", Kind: vm.Any, Doc: "as file:read; nil, as long as io.input names no file"}},
				Doc:     "Reads from the file that io.input has set. At first that is an empty one: a script has no terminal.",
				Example: "io.input(\"greeting.txt\")\nprint(io.read(\"*l\"))",
				Go: func(a *vm.Args) error {
					f := value(a.Instance().(*files).in())
					if !f.open {
						return errors.New("standard input file is closed")
					}
					return f.read(a)
				},
			},
			{
				Name: "write", Params: []vm.Param{{Name: "text", Kind: vm.Any, Most: mostText, Variadic: true, Doc: "text or numbers"}},
				Results: []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "the file; nil if it cannot be written"}, {Name: "why", Kind: vm.String, Doc: "the reason, if file is nil"}},
				Doc:     "Writes to the file that io.output has set. At first that is the log, as for print: each line when it ends.",
				Example: "io.write(\"one line\\n\")",
				Go: func(a *vm.Args) error {
					s := a.Instance().(*files)
					if !value(s.out()).open {
						return errors.New("standard output file is closed")
					}
					return s.write(a, value(s.out()), s.out())
				},
			},
			{
				Name: "input", Params: []vm.Param{other}, Results: opened[:1],
				Doc:     "Sets the file of io.read, and returns it. Raises an error if it cannot be opened.",
				Example: "io.input(\"greeting.txt\")",
				Go:      func(a *vm.Args) error { return redirect(a, (*files).in, &a.Instance().(*files).input, "r") },
			},
			{
				Name: "output", Params: []vm.Param{other}, Results: opened[:1],
				Doc:     "Sets the file of io.write, and returns it. Raises an error if it cannot be opened.",
				Example: "io.output():write(\"a line in the log\\n\")",
				Go:      func(a *vm.Args) error { return redirect(a, (*files).out, &a.Instance().(*files).output, "w") },
			},
			{
				Name: "close", Params: []vm.Param{{Name: "file", Kind: vm.Object, Class: "file", Optional: true, Default: "the file of io.write", Doc: "the file"}},
				Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true"}},
				Doc:     "Closes a file.",
				Example: "local file = assert(io.open(\"greeting.txt\"))\nio.close(file)",
				Go: func(a *vm.Args) error {
					s := a.Instance().(*files)
					if f, ok := a.Object(0).(*File); ok {
						return s.close(a, f)
					}
					return s.close(a, value(s.out()))
				},
			},
			{
				Name: "flush", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true"}},
				Doc:     "Writes what io.write has written.",
				Example: "io.flush()",
				Go: func(a *vm.Args) error {
					s := a.Instance().(*files)
					return s.flush(a, value(s.out()), lua.LTrue)
				},
			},
			{
				Name: "tmpfile", Results: opened[:1],
				Doc:     "Returns a file that is in memory only, to write and to read.",
				Example: "local file = io.tmpfile()\nfile:write(\"x\")\nfile:seek(\"set\")\nprint(file:read(\"*a\"))",
				Go: func(a *vm.Args) error {
					a.Return(a.State().NewObject("file", &File{open: true, reads: true, out: &output{}}))
					return nil
				},
			},
			{
				Name: "type", Params: []vm.Param{{Name: "value", Kind: vm.Any, Doc: "any value"}},
				Results: []vm.Result{{Name: "type", Kind: vm.String, Doc: `"file", "closed file", or nil for what is no file`}},
				Doc:     "Tells whether a value is a file.",
				Example: "print(io.type(io.stdout))",
				Go: func(a *vm.Args) error {
					switch f, ok := a.Object(0).(*File); {
					case !ok:
						a.Return(lua.LNil)
					case f.open:
						a.ReturnString("file")
					default:
						a.ReturnString("closed file")
					}
					return nil
				},
			},
		},
	}
}

// The files that every script has. Each is made when it is first used.
const (
	stdin = iota
	stdout
	stderr
)

func standard(which int) func(*vm.State, any) lua.LValue {
	return func(_ *vm.State, instance any) lua.LValue { return instance.(*files).standard(which) }
}

func (s *files) standard(which int) lua.LValue {
	if s.own[which] == nil {
		f := &File{open: true}
		switch which {
		case stdin:
			f.reads = true
		case stdout:
			f.out = &output{line: s.env.Print}
		case stderr:
			f.out = &output{line: func(text string) { s.env.Console.Write("WARNING", text) }}
		}
		s.own[which] = s.env.State.NewObject("file", f)
	}
	return s.own[which]
}

// in returns the file of io.read.
func (s *files) in() lua.LValue {
	if s.input == nil {
		return s.standard(stdin)
	}
	return s.input
}

// out returns the file of io.write.
func (s *files) out() lua.LValue {
	if s.output == nil {
		return s.standard(stdout)
	}
	return s.output
}

func value(v lua.LValue) *File { return v.(*lua.LUserData).Value.(*File) }

// describe returns the error of a file that cannot be opened.
func describe(name string, err error) error {
	if errors.As(err, new(*run.QuotaError)) || errors.As(err, new(*grant.RefusedError)) {
		return err
	}
	return unreadable(name, err)
}

var errMode = errors.New("bad argument #2 to 'open' (invalid mode)")

var modes = []string{"r", "w", "a", "r+", "w+", "a+"}

// openFile opens a file in a mode.
func (s *files) openFile(a *vm.Args, name, mode string) (*File, error) {
	mode = strings.Replace(mode, "b", "", 1)
	switch {
	case mode == "" || !slices.Contains(modes, mode):
		return nil, errMode
	case mode == "r":
		return s.read(a, name)
	}
	return s.openToWrite(a, name, mode)
}

func open(a *vm.Args) error {
	s := a.Instance().(*files)
	mode := a.String(1)
	if !a.Has(1) {
		mode = "r"
	}
	f, err := s.openFile(a, a.String(0), mode)
	switch {
	case err == errMode:
		return err
	case err != nil:
		return s.failed(a, a.String(0), err)
	}
	a.Return(a.State().NewObject("file", f))
	return nil
}

// redirect sets or returns the file of io.read or io.write.
func redirect(a *vm.Args, now func(*files) lua.LValue, to *lua.LValue, mode string) error {
	s := a.Instance().(*files)
	switch v := a.Value(0).(type) {
	case *lua.LUserData:
		if _, ok := v.Value.(*File); !ok {
			return fmt.Errorf("bad argument #1 (file expected, got %s)", v.Type())
		}
		*to = v
	case lua.LString:
		f, err := s.openFile(a, string(v), mode)
		if err != nil {
			return describe(string(v), err)
		}
		*to = a.State().NewObject("file", f)
	case *lua.LNilType:
	default:
		return fmt.Errorf("bad argument #1 (file expected, got %s)", v.Type())
	}
	a.Return(now(s))
	return nil
}
