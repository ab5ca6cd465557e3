// Package file owns the Lua table io: files to read, none to write. A relative
// name is a file of the run's generation; an absolute one must lie in a directory
// that the flow is granted.
package file

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table io and its files.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// Declare declares the table and the class.
func (Module) Declare() *vm.Module {
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "a path relative to the script directory, or an absolute one in a directory that the flow may read (grants: read:)"}
	return &vm.Module{
		Name:        "io",
		Doc:         "Files to read. eslua scripts write no files, so io has only what reads them. A relative name is a file of the script directory as it was when the call began.",
		AfterHangup: "Works as before: it does not concern the call.",
		Classes:     []*vm.Class{class()},
		Funcs: []vm.Func{
			{
				Name:   "open",
				Params: []vm.Param{name, {Name: "mode", Kind: vm.String, Optional: true, Default: "r", Doc: `"r" or "rb"`}},
				Results: []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "nil if it cannot be read"}, {Name: "why", Kind: vm.String, Doc: "the reason, if file is nil"},
					{Name: "errno", Kind: vm.Int, Doc: "the reason's number in C"}},
				Doc:     "Opens a file for reading. Raises an error for a mode that writes, and for a directory that the flow may not read.",
				Example: "local file, why = io.open(\"lists/vip.csv\")\nif file then\n  print(file:read(\"*a\"))\n  file:close()\nelse\n  freeswitch.consoleLog(\"err\", why)\nend",
				Go:      open,
			},
			{
				Name: "lines", Params: []vm.Param{name}, Results: []vm.Result{{Name: "iterator", Kind: vm.Function, Doc: "returns the next line, and nil after the last"}},
				Doc:     "Returns an iterator over the lines of a file. Raises an error if the file cannot be read.",
				Example: "for line in io.lines(\"lists/vip.csv\") do\n  print(line)\nend",
				Go: func(a *vm.Args) error {
					f, err := read(a, a.String(0))
					if err != nil {
						return err
					}
					a.Return(lines(a, a.State().NewObject("file", f), f))
					return nil
				},
			},
		},
	}
}

var errReadOnly = errors.New("eslua scripts do not write files: store data in FreeSWITCH, with session:setVariable for the call or freeswitch.API():execute(\"hash\", \"insert/REALM/KEY/VALUE\") for all calls")

func open(a *vm.Args) error {
	switch strings.TrimSuffix(a.String(1), "b") {
	case "", "r":
	default:
		return errReadOnly
	}
	f, err := read(a, a.String(0))
	if err == nil {
		a.Return(a.State().NewObject("file", f))
		return nil
	}
	var failed *unreadableError
	if !errors.As(err, &failed) {
		return err
	}
	a.Return(lua.LNil, lua.LString(failed.Error()), lua.LNumber(failed.errno()))
	return nil
}

// unreadable returns the error for a file that cannot be read, in C's words.
func unreadable(name string, err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		err = syscall.EACCES
	}
	return &unreadableError{name, err}
}

type unreadableError struct {
	name string
	why  error
}

func (e *unreadableError) Error() string {
	why := e.why.Error()
	return e.name + ": " + strings.ToUpper(why[:1]) + why[1:]
}

func (e *unreadableError) Unwrap() error { return e.why }

func (e *unreadableError) errno() int {
	if n := syscall.Errno(0); errors.As(e.why, &n) {
		return int(n)
	}
	return int(syscall.EIO)
}

// read reads a file into memory.
func read(a *vm.Args, name string) (*File, error) {
	env := a.Instance().(*run.Env)
	if !filepath.IsAbs(name) {
		text, err := env.State.ReadFile(name)
		if errors.As(err, new(*store.NotFoundError)) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, unreadable(name, err)
		}
		a.ChargeMemory(len(text)) // it may be a copy of its own (store.Dir), or one that the script's generation holds
		return &File{text: text, open: true}, nil
	}
	dir, within, err := env.Grants.CheckRead(name)
	if err != nil {
		return nil, err
	}
	text, err := readWithin(dir, within, a.ChargeMemory)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return &File{text: text, open: true}, nil
}
