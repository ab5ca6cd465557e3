package kv

import (
	"errors"
	"fmt"
	"io"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// mostListed bounds what keys returns.
const mostListed = 10000

// entries goes through keys.
type entries struct{ walk *kv.Walk }

// Holds counts the keys by which a walk knows where it has been.
func (e *entries) Holds(func(lua.LValue)) int { return 64 + 40*e.walk.Seen() }

// next returns the next entry, and io.EOF after the last.
func (e *entries) next(a *vm.Args) (kv.Entry, error) {
	k := a.Instance().(*keeper)
	for {
		ctx, stop := k.env.AsideToKeep(a.Context())
		entry, ok, err := e.walk.Next(ctx)
		stop()
		a.ChargeCPU(durable.RequestCost + durable.ValueCost*len(entry.Value))
		if err != nil || ok {
			return entry, err
		}
	}
}

func each(a *vm.Args) error {
	_, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	walk, err := b.Walk(a.String(0))
	if err != nil {
		return fmt.Errorf("kv: %w", err)
	}
	a.Return(a.State().Method("entries", "next"), a.State().NewObject("entries", &entries{walk}))
	return nil
}

func list(a *vm.Args) error {
	k, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	walk, err := b.Walk(a.String(0))
	if err != nil {
		return fmt.Errorf("kv: %w", err)
	}
	e := &entries{walk}
	keys := &lua.LTable{Metatable: lua.LNil}
	a.L.Push(keys) // where the memory limit finds it
	for n := 1; ; n++ {
		entry, err := e.next(a)
		switch {
		case errors.Is(err, io.EOF):
			a.Return(keys)
			return nil
		case err != nil:
			return failed(a, k, err)
		case n > mostListed:
			return failed(a, k, fmt.Errorf("there are more than %d such keys; go through them with each", mostListed))
		}
		a.ChargeMemory(len(entry.Key) + 64)
		a.SetIndex(keys, n, lua.LString(entry.Key))
	}
}

func entriesClass() *vm.Class {
	return &vm.Class{
		Name: "entries", Value: (*entries)(nil), Doc: "Where each is.", Example: "local iterator, entries = kv.each(\"language.\")\nlocal key, value = entries:next()",
		Methods: []vm.Func{{
			Name: "next", Params: []vm.Param{{Name: "last", Kind: vm.Any, Optional: true, Default: "none", Doc: "is there for Lua's for"}},
			Results: []vm.Result{{Name: "key", Kind: vm.String, Doc: "nil after the last one"}, {Name: "value", Kind: vm.Any, Doc: "what it has"}, {Name: "revision", Kind: vm.Int, Doc: "its revision"}},
			Doc:     "Returns the next key.", Example: "local iterator, entries = kv.each()\nlocal key, value, revision = entries:next()",
			Go: func(a *vm.Args) error {
				entry, err := a.Self().(*entries).next(a)
				if errors.Is(err, io.EOF) {
					a.Return(lua.LNil)
					return nil
				} else if err != nil {
					return fmt.Errorf("kv: %w", err)
				}
				v, err := value(a, entry)
				if err != nil {
					return err
				}
				a.Return(lua.LString(entry.Key), v, lua.LNumber(entry.Revision))
				return nil
			},
		}},
	}
}
