package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A directory is an object of lfs.dir. Its names were read at once, so that the script
// holds nothing of the system open.
type directory struct {
	names  []string
	closed bool
}

// Holds counts the names that are left.
func (d *directory) Holds(visit func(lua.LValue)) int {
	for _, name := range d.names {
		visit(lua.LString(name))
	}
	return 16 * cap(d.names)
}

var errClosedDirectory = errors.New("bad argument #1 to 'next' (closed directory)")

// next returns the next name, and closes the directory after the last.
func (d *directory) next() (name string, ok bool, err error) {
	if d.closed {
		return "", false, errClosedDirectory
	}
	if len(d.names) == 0 {
		d.closed = true
		return "", false, nil
	}
	name, d.names = d.names[0], d.names[1:]
	return name, true, nil
}

func dirClass() *vm.Class {
	const open = "local _, dir = require(\"lfs\").dir(\"lists\")\n"
	return &vm.Class{
		Name: "directory", Value: (*directory)(nil), Doc: "What lfs.dir returns second.", Example: open + "print(dir:next())\ndir:close()",
		Methods: []vm.Func{
			{
				Name: "next", Results: []vm.Result{{Name: "name", Kind: vm.String, Doc: "nil after the last"}}, Doc: "Returns the next name.", Example: open + "print(dir:next())",
				Go: func(a *vm.Args) error {
					name, ok, err := a.Self().(*directory).next()
					if a.Return(lua.LNil); ok {
						a.ReturnString(name)
					}
					return err
				},
			},
			{
				Name: "close", Doc: "Closes the directory.", Example: open + "dir:close()",
				Go: func(a *vm.Args) error { *a.Self().(*directory) = directory{closed: true}; return nil },
			},
		},
	}
}

// list does lfs.dir.
func list(a *vm.Args) error {
	s, name := filesOf(a), a.String(0)
	a.ChargeCPU(writeCost)
	at, err := s.env.ToRead(a.Context(), name)
	var names []string
	switch {
	case errors.As(err, new(*grant.RefusedError)):
		s.log(a, err.Error())
		return err
	case err != nil:
	case at.Tree != "":
		names, err = treeEntries(a, at.Tree)
		if err == nil && names == nil {
			err = fs.ErrNotExist
			if _, wrong := a.State().ReadFile(at.Tree); wrong == nil {
				err = syscall.ENOTDIR
			}
		}
	default:
		s.writeAll()
		err = within(at, func(root *os.Root) (err error) { names, err = entries(a, root, at.Name); return err })
	}
	if err != nil {
		text, _ := reason(err)
		return errors.New("cannot open " + name + ": " + text)
	}
	d := &directory{names: append([]string{".", ".."}, names...)}
	object := a.State().NewObject("directory", d)
	a.Return(a.Iterator(object, d.next), object)
	return nil
}

// entries reads the names in a directory. Nothing else is opened: a pipe would block.
func entries(a *vm.Args, root *os.Root, name string) (names []string, err error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for {
		const some = 256
		more, err := f.Readdirnames(some)
		for _, name := range more {
			a.ChargeMemory(32 + 2*len(name))
		}
		a.ChargeCPU(50 * len(more))
		names = append(names, more...)
		if err == io.EOF {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

var errNotListed = errors.New("the files of this script cannot be listed")

// treeEntries returns the names in a directory of the script's tree, nil if there is none.
func treeEntries(a *vm.Args, dir string) (found []string, err error) {
	names, ok := a.State().Names()
	if !ok {
		return nil, errNotListed
	}
	a.ChargeCPU(5 * len(names))
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	for _, name := range names { // in order
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		if len(found) == 0 || found[len(found)-1] != name {
			a.ChargeMemory(48 + len(name))
			found = append(found, name)
		}
	}
	return found, nil
}

// A dirLock is a lock of lfs.lock_dir.
type dirLock struct {
	vm.Nothing
	dir, name string
	of        *locks
}

func (l *dirLock) free() error {
	if !l.of.held[l] {
		return nil
	}
	delete(l.of.held, l)
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(l.name)
}

func lockClass() *vm.Class {
	const lock = "local lock = require(\"lfs\").lock_dir(\"/srv/calls\")\n"
	return &vm.Class{
		Name: "dirlock", Value: (*dirLock)(nil), Doc: "A lock of lfs.lock_dir.", Example: lock + "if lock then lock:free() end",
		Methods: []vm.Func{{
			Name: "free", Doc: "Frees the lock.", Example: lock + "if lock then lock:free() end",
			Go: func(a *vm.Args) error {
				a.ChargeCPU(writeCost)
				_ = a.Self().(*dirLock).free() // LuaFileSystem says nothing either
				return nil
			},
		}},
	}
}

// lockDir follows lfs.c:lfs_lock_dir, whose lock is a symbolic link that exists.
func lockDir(a *vm.Args) error {
	s := filesOf(a)
	a.ChargeCPU(writeCost)
	at, err := s.env.ToWrite(filepath.Join(a.String(0), "lockfile.lfs"))
	if err == nil {
		err = s.env.Quota.Make()
	}
	if err != nil {
		return lfsFailed(a, err, "")
	}
	lock := &dirLock{dir: at.Dir, name: at.Name, of: a.Instance().(*locks)}
	err = within(at, func(root *os.Root) error {
		err := root.Symlink("lock", at.Name)
		if !errors.Is(err, fs.ErrExist) || !a.Has(1) {
			return err
		}
		info, gone := root.Lstat(at.Name)
		if gone == nil && s.env.Clock.Now().Sub(info.ModTime()) > time.Duration(a.Number(1)*float64(time.Second)) {
			_ = root.Remove(at.Name) // somebody else may have
			return root.Symlink("lock", at.Name)
		}
		return err
	})
	if err != nil {
		text, _ := reason(err)
		a.Return(lua.LNil, lua.LString(text))
		return nil
	}
	lock.of.held[lock] = true
	a.Return(a.State().NewObject("dirlock", lock))
	return nil
}
