// Package file owns the Lua table io, and what os does with files. A relative name is a
// file of the run's generation; an absolute one must lie in a directory that the flow is
// granted. Files to read are in memory. What is written is kept until enough has come
// together, so that a script holds no file of the system open.
package file

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table io and its files.
type Module struct{}

// files holds the files of a run.
type files struct {
	env           *run.Env
	unwritten     []*File       // that have something to be written, the oldest first
	own           [3]lua.LValue // stdin, stdout and stderr, nil until they are used
	input, output lua.LValue    // the files of io.read and io.write; nil: stdin and stdout
	refused       map[string]bool
}

// Bind returns the files of the run, whose dofile, loadfile and package.path find what
// io.open finds.
func (Module) Bind(env *run.Env) any {
	env.State.FindFiles(func(path string, charge func(int)) (vm.Place, error) {
		at, err := env.ToRead(env.State.Context(), path)
		if err != nil || at.Tree != "" {
			return vm.Place{Tree: at.Tree}, err
		}
		text, err := readWithin(at.Dir, at.Name, charge)
		return vm.Place{Text: text}, err
	})
	return &files{env: env}
}

// End writes what the script has not.
func (s *files) End(context.Context) { s.writeAll() }

// Holds visits what the script reaches without a variable.
func (s *files) Holds(visit func(lua.LValue)) (bytes int) {
	for _, f := range s.unwritten {
		bytes += f.Holds(visit)
	}
	for _, v := range append(s.own[:], s.input, s.output) {
		if v != nil {
			visit(v)
		}
	}
	return bytes
}

// failed returns nil, the reason and its number, as C's functions do, and logs a refusal,
// which the script may take for a missing file. Other errors are not of the file.
func (s *files) failed(a *vm.Args, name string, err error) error {
	var refused *grant.RefusedError
	var over *run.QuotaError
	if errors.As(err, &refused) || errors.As(err, &over) {
		s.log(a, err.Error())
		a.Return(lua.LNil, lua.LString(err.Error()), lua.LNumber(errno(err)))
		return nil
	}
	failed := unreadable(name, err)
	a.Return(lua.LNil, lua.LString(failed.Error()), lua.LNumber(errno(failed)))
	return nil
}

// log says once that something was refused.
func (s *files) log(a *vm.Args, text string) {
	const most = 100
	if s.refused[text] || len(s.refused) == most {
		return
	}
	if s.refused == nil {
		s.refused = map[string]bool{}
	}
	s.refused[text] = true
	s.env.Console.WriteFrom("WARNING", whereOf(a), "io", lineOf(a), text)
}

func whereOf(a *vm.Args) string { file, _ := a.Where(); return file }
func lineOf(a *vm.Args) int     { _, line := a.Where(); return line }

// unreadable returns the error for a file that cannot be opened, in C's words.
func unreadable(name string, err error) error {
	if errors.As(err, new(*store.NotFoundError)) {
		err = fs.ErrNotExist
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if n := syscall.Errno(0); errors.As(err, &n) {
		err = n
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

// errno returns C's number of an error.
func errno(err error) int {
	n := syscall.EIO
	switch {
	case errors.Is(err, syscall.EFBIG):
		n = syscall.EFBIG
	case errors.As(err, &n):
	case errors.Is(err, fs.ErrPermission):
		n = syscall.EACCES
	}
	return int(n)
}

// read reads a file into memory.
func (s *files) read(a *vm.Args, name string) (*File, error) {
	at, err := s.env.ToRead(a.Context(), name)
	if err != nil {
		return nil, err
	}
	if at.Tree != "" {
		text, err := s.env.State.ReadFile(at.Tree)
		if err != nil {
			return nil, err
		}
		a.ChargeMemory(len(text)) // it may be a copy of its own (store.Dir), or one that the script's generation holds
		return &File{text: text, open: true, reads: true}, nil
	}
	s.writeAll()
	text, err := readWithin(at.Dir, at.Name, a.ChargeMemory)
	if err != nil {
		return nil, err
	}
	return &File{text: text, open: true, reads: true}, nil
}
