package file

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Changes declares os.remove, os.rename and os.tmpname.
type Changes struct{}

// Bind returns nothing: the functions use what the module of io has.
func (Changes) Bind(*run.Env) any { return nil }

// Declare declares the functions.
func (Changes) Declare() *vm.Module {
	path := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
	const place = "an absolute path in a directory in which the flow may write (grants: write:)"
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true; nil if it cannot be done"}, {Name: "why", Kind: vm.String, Doc: "the reason, if done is nil"}, {Name: "errno", Kind: vm.Int, Doc: "the reason's number in C"}}
	return &vm.Module{
		Name: "os", AfterHangup: "Works as before: it does not concern the call.",
		Funcs: []vm.Func{
			{
				Name: "remove", Params: []vm.Param{path("name", place)}, Results: done,
				Doc:     "Removes a file or an empty directory.",
				Example: "os.remove(\"/srv/calls/today.csv\")",
				Go: func(a *vm.Args) error {
					return change(a, a.String(0), func(at run.Place, root *os.Root) error { return root.Remove(at.Name) })
				},
			},
			{
				Name: "rename", Params: []vm.Param{path("from", place), path("to", "another one, below the same directory of grants: write:")}, Results: done,
				Doc:     "Gives a file another name. A file of that name is replaced.",
				Example: "os.rename(\"/srv/calls/today.csv\", \"/srv/calls/today.old\")",
				Go: func(a *vm.Args) error {
					to, err := filesOf(a).env.ToWrite(a.String(1))
					if err != nil {
						return filesOf(a).failed(a, a.String(1), err)
					}
					return change(a, a.String(0), func(at run.Place, root *os.Root) error {
						if at.Dir != to.Dir {
							return syscall.EXDEV
						}
						return root.Rename(at.Name, to.Name)
					})
				},
			},
			{
				Name: "tmpname", Results: []vm.Result{{Name: "name", Kind: vm.String, Doc: "the path of the file"}},
				Doc:     "Makes an empty file of a new name in the first directory in which the flow may write. Raises an error if there is none.",
				Example: "local name = os.tmpname()\nos.remove(name)",
				Go:      tmpname,
			},
		},
	}
}

func filesOf(a *vm.Args) *files { return a.State().OwnerOf("file").(*files) }

// change changes a name below a granted directory.
func change(a *vm.Args, name string, do func(run.Place, *os.Root) error) error {
	s := filesOf(a)
	a.ChargeCPU(writeCost)
	at, err := s.env.ToWrite(name)
	if err != nil {
		return s.failed(a, name, err)
	}
	if at.Name == "." {
		return s.failed(a, name, syscall.EBUSY) // the directory itself
	}
	s.writeAll()
	root, err := os.OpenRoot(at.Dir)
	if err == nil {
		err = do(at, root)
		_ = root.Close() // it was only used to look names up
	}
	if err != nil {
		return s.failed(a, name, err)
	}
	a.ReturnBool(true)
	return nil
}

func tmpname(a *vm.Args) error {
	s := filesOf(a)
	a.ChargeCPU(writeCost)
	if len(s.env.Grants.Write) == 0 {
		_, err := s.env.ToWrite(filepath.Join(os.TempDir(), "lua"))
		return err
	}
	if err := s.env.Quota.Make(); err != nil {
		return err
	}
	dir := string(s.env.Grants.Write[0])
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(dir, err)
	}
	defer root.Close()
	for range 10 {
		name := "lua_" + rand.Text()[:12]
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return unreadable(dir, err)
		}
		a.Return(lua.LString(filepath.Join(dir, name)))
		return f.Close()
	}
	return errors.New("unable to generate a unique filename")
}
