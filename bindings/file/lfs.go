package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// LFS declares the module lfs.
type LFS struct{}

// locks holds the directories that lock_dir has locked for a run.
type locks struct{ held map[*dirLock]bool }

// Bind returns the run's locks.
func (LFS) Bind(*run.Env) any { return &locks{map[*dirLock]bool{}} }

// Holds counts the locks.
func (l *locks) Holds(func(lua.LValue)) int { return len(l.held) * 512 }

// End frees what the script has not.
func (l *locks) End(context.Context) {
	for lock := range l.held {
		_ = lock.free() // nobody waits for the error
	}
}

// Declare declares the table and its classes.
func (LFS) Declare() *vm.Module {
	in := func(doc string) vm.Param { return vm.Param{Name: "path", Kind: vm.String, Doc: doc} }
	const (
		readable = "a path of the script directory, or in a directory that the flow may read or write (grants: read:, write:)"
		writable = "an absolute path in a directory in which the flow may write (grants: write:)"
	)
	what := vm.Param{Name: "what", Kind: vm.Any, Optional: true, Default: "all", Doc: "the name of one field; or a table, which gets all"}
	attributes := []vm.Result{{Name: "attributes", Kind: vm.Any, Doc: "a table, or the one field; nil if there is no such file"}, {Name: "why", Kind: vm.String, Doc: "the reason"}, {Name: "errno", Kind: vm.Int, Doc: "its number in C"}}
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true; nil if it cannot be done"}, attributes[1], attributes[2]}
	refused := func(name, text string) func(*vm.Args) error {
		return func(*vm.Args) error { return fmt.Errorf("lfs.%s: %s", name, text) }
	}
	handle := vm.Param{Name: "file", Kind: vm.Any, Doc: "a file of io.open"}
	more := vm.Param{Name: "more", Kind: vm.Any, Variadic: true, Doc: "ignored"}
	return &vm.Module{
		Name: "lfs", Required: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc: "Files and directories, as LuaFileSystem has them, of the script directory as it was when the call began, and of granted directories (grants: read:, write:). " +
			"A refusal is a warning in the log, and to the script a file that is not there.",
		Constants: []vm.Constant{{Name: "_VERSION", Value: lua.LString("LuaFileSystem 1.8.0"), Doc: "the version whose functions it has"}},
		Classes:   []*vm.Class{dirClass(), lockClass()},
		Funcs: []vm.Func{
			{
				Name: "attributes", Params: []vm.Param{in(readable), what}, Results: attributes,
				Doc:     "Describes a file: mode (\"file\", \"directory\", \"link\" ...), size, modification, access and change (seconds since 1970), permissions, nlink, uid, gid, dev, ino, rdev, blocks, blksize. Of a file of the script directory only mode, size and permissions mean something.",
				Example: "if require(\"lfs\").attributes(\"greeting.txt\", \"mode\") == \"file\" then print(\"it is there\") end",
				Go:      func(a *vm.Args) error { return describeFile(a, (*os.Root).Stat) },
			},
			{
				Name: "symlinkattributes", Params: []vm.Param{in(readable), what}, Results: attributes,
				Doc:     "As attributes, of a symbolic link itself; target is where it leads.",
				Example: "print(require(\"lfs\").symlinkattributes(\"/srv/calls/today.csv\", \"mode\"))",
				Go:      func(a *vm.Args) error { return describeFile(a, (*os.Root).Lstat) },
			},
			{
				Name: "dir", Params: []vm.Param{in(readable)}, Results: []vm.Result{{Name: "iterator", Kind: vm.Function, Doc: "returns the next name"}, {Name: "dir", Kind: vm.Object, Class: "directory", Doc: "its methods next and close do the same by hand"}},
				Doc:     "Lists a directory, \".\" and \"..\" too. Raises an error if it cannot be opened.",
				Example: "for name in require(\"lfs\").dir(\"lists\") do print(name) end", Go: list,
			},
			{
				Name: "mkdir", Params: []vm.Param{in(writable)}, Results: done, Doc: "Makes a directory.", Example: "require(\"lfs\").mkdir(\"/srv/calls/2026\")",
				Go: func(a *vm.Args) error {
					if err := filesOf(a).env.Quota.Make(); err != nil {
						return lfsFailed(a, err, "")
					}
					return changed(a, func(at run.Place, root *os.Root) error { return root.Mkdir(at.Name, 0o755) })
				},
			},
			{
				Name: "rmdir", Params: []vm.Param{in(writable)}, Results: done, Doc: "Removes an empty directory.", Example: "require(\"lfs\").rmdir(\"/srv/calls/2025\")",
				Go: func(a *vm.Args) error {
					return changed(a, func(at run.Place, root *os.Root) error {
						if info, err := root.Lstat(at.Name); err == nil && !info.IsDir() {
							return syscall.ENOTDIR
						}
						return root.Remove(at.Name)
					})
				},
			},
			{
				Name: "touch", Params: []vm.Param{in(writable), {Name: "access", Kind: vm.Number, Optional: true, Default: "now", Doc: "seconds since 1970"}, {Name: "modification", Kind: vm.Number, Optional: true, Default: "access", Doc: "seconds since 1970"}},
				Results: done, Doc: "Sets the times of a file.", Example: "require(\"lfs\").touch(\"/srv/calls/today.csv\")",
				Go: func(a *vm.Args) error {
					access := filesOf(a).env.Clock.Now()
					if a.Has(1) {
						access = time.Unix(int64(a.Int(1)), 0)
					}
					modification := access
					if a.Has(2) {
						modification = time.Unix(int64(a.Int(2)), 0)
					}
					return changed(a, func(at run.Place, root *os.Root) error { return root.Chtimes(at.Name, access, modification) })
				},
			},
			{
				Name: "currentdir", Results: []vm.Result{{Name: "path", Kind: vm.String, Doc: "its path"}}, Doc: "Returns the script directory, to which names are relative.", Example: "print(require(\"lfs\").currentdir())",
				Go: func(a *vm.Args) error {
					if root := filesOf(a).env.Root; root != "" {
						a.ReturnString(root)
					} else {
						a.ReturnString(".")
					}
					return nil
				},
			},
			{
				Name: "chdir", Params: []vm.Param{in("the script directory")}, Results: done, Doc: "Raises an error, unless path is the script directory: all calls share the process.", Example: "local lfs = require(\"lfs\")\nlfs.chdir(lfs.currentdir())",
				Go: func(a *vm.Args) error {
					if root := filesOf(a).env.Root; path.Clean(a.String(0)) != "." && (root == "" || path.Clean(a.String(0)) != path.Clean(root)) {
						return errors.New("lfs.chdir: a script has no directory of its own, because all calls share the process; write absolute paths, as dir .. \"/\" .. name")
					}
					a.ReturnBool(true)
					return nil
				},
			},
			{
				Name: "lock_dir", Params: []vm.Param{in(writable), {Name: "stale", Kind: vm.Number, Optional: true, Default: "never", Doc: "a lock that is so many seconds old is taken away"}},
				Results: []vm.Result{{Name: "lock", Kind: vm.Object, Class: "dirlock", Doc: "nil if somebody else has it"}, attributes[1]},
				Doc:     "Locks a directory for others who lock it so: by the file lockfile.lfs in it. The end of the script frees it.", Example: "local lock = require(\"lfs\").lock_dir(\"/srv/calls\")\nif lock then lock:free() end", Go: lockDir,
			},
			{
				Name: "setmode", Params: []vm.Param{handle, {Name: "mode", Kind: vm.String, Doc: `"binary" or "text"`}}, Results: []vm.Result{done[0], {Name: "mode", Kind: vm.String, Doc: `"binary"`}}, Doc: "Does nothing: there is no other mode.", Example: "require(\"lfs\").setmode(io.stdout, \"binary\")",
				Go: func(a *vm.Args) error {
					if mode := a.String(1); mode != "binary" && mode != "text" {
						return fmt.Errorf("bad argument #2 to 'setmode' (invalid option '%.40s')", mode)
					}
					a.Return(lua.LTrue, lua.LString("binary"))
					return nil
				},
			},
			{Name: "lock", Params: []vm.Param{handle, more}, Doc: "Raises an error: files are not held open.", Example: "print(pcall(require(\"lfs\").lock, io.stdout, \"w\"))", Go: refused("lock", "files are not held open between two writes, so they cannot be locked; write lfs.lock_dir(directory)")},
			{Name: "unlock", Params: []vm.Param{handle, more}, Doc: "As lock.", Example: "print(pcall(require(\"lfs\").unlock, io.stdout))", Go: refused("unlock", "files are not held open between two writes, so they cannot be locked; write lfs.lock_dir(directory)")},
			{Name: "link", Params: []vm.Param{in("ignored"), more}, Doc: "Raises an error: a link may lead out of what is granted.", Example: "print(pcall(require(\"lfs\").link, \"/srv/calls/a\", \"/srv/calls/b\"))", Go: refused("link", "a script makes no links, which may lead out of what it is granted; read the file and write it again")},
		},
	}
}

// reason returns C's words for an error, and its number.
func reason(err error) (string, int) {
	failed := unreadable("", err)
	text := strings.TrimPrefix(failed.Error(), ": ")
	return text, errno(failed)
}

// lfsFailed returns nil and why. A refusal is logged.
func lfsFailed(a *vm.Args, err error, prefix string) error {
	if errors.As(err, new(*grant.RefusedError)) || errors.As(err, new(*run.QuotaError)) {
		return filesOf(a).failed(a, a.String(0), err)
	}
	text, n := reason(err)
	a.Return(lua.LNil, lua.LString(prefix+text), lua.LNumber(n))
	return nil
}

// changed changes something below a granted directory.
func changed(a *vm.Args, do func(run.Place, *os.Root) error) error {
	s := filesOf(a)
	a.ChargeCPU(writeCost)
	at, err := s.env.ToWrite(a.String(0))
	if err == nil && at.Name == "." {
		err = syscall.EBUSY // the directory itself
	}
	if err == nil {
		s.writeAll()
		err = within(at, func(root *os.Root) error { return do(at, root) })
	}
	if err != nil {
		return lfsFailed(a, err, "")
	}
	a.ReturnBool(true)
	return nil
}

func within(at run.Place, do func(*os.Root) error) error {
	root, err := os.OpenRoot(at.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return do(root)
}

// describeFile does attributes and symlinkattributes.
func describeFile(a *vm.Args, stat func(*os.Root, string) (fs.FileInfo, error)) error {
	s, name := filesOf(a), a.String(0)
	a.ChargeCPU(writeCost)
	at, err := s.env.ToRead(a.Context(), name)
	var fields map[string]lua.LValue
	switch {
	case err != nil:
	case at.Tree != "":
		fields, err = inTree(a, at.Tree)
	default:
		s.writeAll()
		err = within(at, func(root *os.Root) error {
			info, err := stat(root, at.Name)
			if err != nil {
				return err
			}
			fields = fieldsOf(info)
			if target, err := root.Readlink(at.Name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
				fields["target"] = lua.LString(target)
			}
			return nil
		})
	}
	if err != nil {
		return lfsFailed(a, err, "cannot obtain information from file '"+name+"': ")
	}
	if one, ok := a.Value(1).(lua.LString); ok {
		v := fields[string(one)]
		if v == nil {
			return fmt.Errorf("invalid attribute name '%.40s'", string(one))
		}
		a.Return(v)
		return nil
	}
	t := a.Table(1)
	if t == nil {
		t = &lua.LTable{Metatable: lua.LNil}
	}
	a.ChargeMemory(guard.TableSize(0, len(fields)))
	for key, v := range fields {
		t.RawSetString(key, v)
	}
	a.Return(t)
	return nil
}

// inTree describes a file of the script directory, which is a snapshot.
func inTree(a *vm.Args, name string) (map[string]lua.LValue, error) {
	mode, size, permissions := "file", 0, "r--r--r--"
	if text, err := a.State().ReadFile(name); err == nil {
		size = len(text)
	} else if entries, _ := treeEntries(a, name); entries == nil {
		return nil, fs.ErrNotExist
	} else {
		mode, permissions = "directory", "r-xr-xr-x"
	}
	fields := map[string]lua.LValue{"mode": lua.LString(mode), "size": lua.LNumber(size), "permissions": lua.LString(permissions)}
	for _, name := range numbers {
		if fields[name] == nil {
			fields[name] = lua.LNumber(0)
		}
	}
	return fields, nil
}

// numbers names the fields that are numbers.
var numbers = []string{"size", "modification", "access", "change", "nlink", "uid", "gid", "dev", "ino", "rdev", "blocks", "blksize"}

// fieldsOf describes a file.
func fieldsOf(info fs.FileInfo) map[string]lua.LValue {
	mode := "other"
	switch m := info.Mode(); {
	case m.IsRegular():
		mode = "file"
	case m.IsDir():
		mode = "directory"
	case m&fs.ModeSymlink != 0:
		mode = "link"
	case m&fs.ModeNamedPipe != 0:
		mode = "named pipe"
	case m&fs.ModeSocket != 0:
		mode = "socket"
	case m&fs.ModeCharDevice != 0:
		mode = "char device"
	case m&fs.ModeDevice != 0:
		mode = "block device"
	}
	fields := map[string]lua.LValue{"mode": lua.LString(mode), "permissions": lua.LString(info.Mode().Perm().String()[1:])}
	for _, name := range numbers {
		fields[name] = lua.LNumber(info.ModTime().Unix()) // access and change, where the system's are not known
	}
	fields["size"] = lua.LNumber(info.Size())
	addSystem(fields, info)
	return fields
}
