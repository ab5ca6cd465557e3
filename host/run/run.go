package run

import (
	"cmp"
	"context"
	"io/fs"

	"github.com/eslua/eslua/host/script/vm"
)

// Run describes one execution of a script. Only Scripts must be set.
type Run struct {
	Flow string   // the name by which Scripts knows the script
	Name string   // argv[0]; "" is the name of the flow's file, as for mod_lua
	Args []string // argv[1] and so on
	// Generation and Version identify the script in the Account.
	Generation, Version string
	Scripts             Scripts
	Config
	// Env shows the bindings their surroundings. The Runner sets its State, Console,
	// Clock and Grants.
	Env Env

	Seed  uint64            // of math.random; 0: the Runner has one
	Print func(line string) // receives the lines of print; nil writes them to Env.Console
	// Said receives what the script writes to the log, besides the log itself; nil: nobody.
	Said   func(level, line string)
	Tracer vm.Tracer // sees each call of a bound function; nil: nobody
	// Outside answers in the place of functions that ask by another way than the call's
	// connection, or notes what they answer; nil: neither.
	Outside vm.Outside
	// Printed receives the lines of print besides the log; nil: nobody.
	Printed func(line string)
	// Began is called when the script has been found and is about to run.
	Began func(context.Context)
	// Completed is called when the script has ended without an error, when its state
	// can still be read. Its error is the run's.
	Completed func(*Env) error
	// Ended is called once, whatever happens; failed reports that the script is to
	// blame. It is called also when Began was not.
	Ended func(failed bool)
	// Account counts the run; nil: it is not counted.
	Account *Account
}

// path returns the path of a script by the name that it was compiled with.
func (r *Run) path(file string) string {
	if file == r.Flow { // a script of its own, by its path
		return absolute(file)
	}
	return cmp.Or(r.Root, ".") + "/" + file
}

// Scripts gives a run the files that it sees. A *store.Generation is one.
type Scripts interface {
	// Script returns the script of a flow.
	Script(flow string) (*vm.Script, error)
	// Require returns a module's script.
	Require(name string) (*vm.Script, error)
	// ReadFile returns what a file of the tree holds.
	ReadFile(name string) (string, error)
}

// Single returns a tree of one script, whatever the flow is called; require and
// io.open find nothing in it.
func Single(s *vm.Script) Scripts { return single{s} }

type single struct{ script *vm.Script }

func (s single) Script(string) (*vm.Script, error)     { return s.script, nil }
func (single) Require(name string) (*vm.Script, error) { return nil, notThere(name) }
func (single) ReadFile(name string) (string, error)    { return "", notThere(name) }

func notThere(name string) error { return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} }
