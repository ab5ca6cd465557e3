package vm

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A Place tells where a path that a script names leads: to a file of the script's tree, by
// its name there, or the text of another file that the script may read.
type Place struct {
	Tree string
	Text string
}

// FindFiles sets how dofile, loadfile and package.path find files. charge takes the size
// of a text before it is read. Without it they find those of the tree by relative paths.
func (s *State) FindFiles(find func(path string, charge func(bytes int)) (Place, error)) {
	s.place = find
}

// InTree returns the name in the script's tree of a path that does not leave it.
func InTree(relative string) (name string, ok bool) {
	name = path.Clean(relative)
	return name, fs.ValidPath(name)
}

func (s *State) locate(L *lua.LState, name string) (Place, error) {
	if s.place != nil {
		return s.place(name, func(bytes int) { s.guard.ChargeMemory(L, bytes) })
	}
	if tree, ok := InTree(name); ok {
		return Place{Tree: tree}, nil
	}
	return Place{}, fs.ErrNotExist
}

// chunk returns a function that runs the file at a path.
func (s *State) chunk(L *lua.LState, name string) (*lua.LFunction, error) {
	s.guard.ChargeCPU(L, 100+len(name))
	at, err := s.locate(L, name)
	if err != nil {
		return nil, err
	}
	if path.Ext(at.Tree) == ".lua" {
		return s.compiled(at.Tree)
	}
	if at.Tree != "" {
		name = at.Tree
		if at.Text, err = s.ReadFile(at.Tree); err != nil {
			return nil, err
		}
	}
	fn, wrong := guard.Load(L, at.Text, name, L.G.Global)
	if fn == nil {
		return nil, errors.New(wrong)
	}
	return fn, nil
}

// compiled returns a function that runs a script of the tree.
func (s *State) compiled(name string) (*lua.LFunction, error) {
	script, err := s.module(name)
	if err != nil {
		return nil, err
	}
	if limit := s.guard.Limits().Source; script.size > limit {
		return nil, errors.New("source limit of " + guard.Size(int64(limit)) + " reached")
	}
	return s.guard.NewFunction(script.proto), nil
}

func (s *State) module(name string) (*Script, error) {
	if s.options.Require == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return s.options.Require(name)
}

func pathArg(L *lua.LState) string {
	name, ok := L.Get(1).(lua.LString)
	switch {
	case L.Get(1) == lua.LNil:
		guard.Raise(L, 1, "a script has no standard input; name a file")
	case !ok:
		guard.TypeError(L, 1, "string")
	case len(name) > longestName:
		guard.Raise(L, 1, "the path that begins with '"+string(name[:40])+"' is longer than any file's")
	}
	return string(name)
}

// loadfile compiles a file (lbaselib.c:luaB_loadfile).
func loadfile(L *lua.LState) int {
	name := pathArg(L)
	s := guard.Of(L).Data.(*State)
	fn, err := s.chunk(L, name)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(cannotOpen(name, err)))
		return 2
	}
	if env, ok := L.Get(3).(*lua.LTable); ok { // as in 5.2
		fn.Env = env
	}
	L.Push(fn)
	return 1
}

// dofile runs a file and returns what it returns (lbaselib.c:luaB_dofile).
func dofile(L *lua.LState) int {
	name := pathArg(L)
	s := guard.Of(L).Data.(*State)
	fn, err := s.chunk(L, name)
	if err != nil {
		guard.Raise(L, 1, cannotOpen(name, err))
	}
	top := L.GetTop()
	L.Push(fn)
	L.Call(0, lua.MultRet)
	return L.GetTop() - top
}

func cannotOpen(name string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "cannot open " + name + ": No such file or directory"
	}
	return err.Error()
}

// defaultPath returns package.path as a script finds it.
func (s *State) defaultPath() string {
	root := cmp.Or(s.options.Root, ".")
	return root + "/?.lua;" + root + "/?/init.lua"
}

// ownPath returns what a script has made of package.path, "" if it has not changed it.
func (s *State) ownPath() string {
	if s.packages == nil {
		return ""
	}
	own, _ := s.packages.RawGetString("path").(lua.LString)
	if string(own) == s.defaultPath() {
		return ""
	}
	return string(own)
}

const (
	longestPath   = 16 << 10 // bytes of package.path
	mostTemplates = 64
)

// search looks for a module by the templates of package.path, those that find modules of
// the tree as require does anyway left out (loadlib.c:searchpath).
func (s *State) search(L *lua.LState, name string) (*lua.LFunction, error) {
	own := s.ownPath()
	if len(own) > longestPath {
		guard.Raise(L, 1, "package.path is longer than 16 KiB")
	}
	file := strings.ReplaceAll(name, ".", "/")
	known := strings.Split(s.defaultPath(), ";")
	for i, template := range strings.Split(own, ";") {
		if i == mostTemplates {
			break
		}
		if template == "" || template == known[0] || template == known[1] || !strings.Contains(template, "?") {
			continue
		}
		candidate := strings.ReplaceAll(template, "?", file)
		if len(candidate) > longestName {
			continue
		}
		fn, err := s.chunk(L, candidate)
		if err == nil {
			return fn, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
	}
	return nil, fs.ErrNotExist
}
