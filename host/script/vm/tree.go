package vm

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var errNoTree = errors.New("this script does not belong to a directory, so it can read no files")

// Names returns the names of the files of the script's tree; ok is false if it cannot be
// listed.
func (s *State) Names() (names []string, ok bool) {
	if s.options.Names == nil {
		return nil, false
	}
	return s.options.Names(), true
}

// ReadFile returns the content of a file in the script's tree, by its name
// relative to the tree.
func (s *State) ReadFile(name string) (string, error) {
	if s.options.ReadFile == nil {
		return "", errNoTree
	}
	return s.options.ReadFile(name)
}

// Iterator returns a Lua function that returns the next string each time, until
// ok is false. It keeps owner alive, in which the census finds what next uses.
func (a *Args) Iterator(owner lua.LValue, next func() (text string, ok bool, err error)) lua.LValue {
	g := a.state.guard
	g.ChargeMemory(a.L, 400)
	return a.L.NewClosure(func(L *lua.LState) int {
		g.ChargeCPU(L, 20)
		text, ok, err := next()
		if err != nil {
			raise(L, err)
		}
		if !ok {
			return 0
		}
		g.ChargeMemory(L, len(text)+32)
		L.Push(lua.LString(strings.Clone(text)))
		return 1
	}, owner)
}
