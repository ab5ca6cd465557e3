package kv

import (
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// watch tells what changes.
type watch struct {
	vm.Nothing
	watch *kv.Watch
}

func begin(a *vm.Args) error {
	k, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	if len(k.watches) >= mostWatches {
		return fmt.Errorf("kv: a script may have %d watches; close one first", mostWatches)
	}
	a.ChargeMemory(watchSize)
	a.ChargeCPU(durable.RequestCost)
	ctx, stop := k.env.AsideToKeep(a.Context())
	defer stop()
	w, err := b.Watch(ctx, a.String(0))
	if err != nil {
		return failed(a, k, err)
	}
	own := &watch{watch: w}
	k.watches[own] = true
	a.Return(a.State().NewObject("watch", own))
	return nil
}

// least bounds a wait from below, also of a script that wants none: JetStream must be asked.
const least = 50 * time.Millisecond

func watchClass() *vm.Class {
	return &vm.Class{
		Name: "watch", Value: (*watch)(nil), Doc: "Tells what changes among the keys of a bucket. A script that is slow gets the newest change of each key.",
		Example: "local watch = kv.watch(\"agent.\")\nlocal key, value = watch:next(1000)\nwatch:close()",
		Methods: []vm.Func{
			{
				Name: "next", Params: []vm.Param{{Name: "milliseconds", Kind: vm.Int, Optional: true, Default: "no limit", Doc: "how long at most"}},
				Results: []vm.Result{{Name: "key", Kind: vm.String, Doc: "that has changed; nil if none has"}, {Name: "value", Kind: vm.Any, Doc: "its new value; nil if the key is gone; without a key \"timeout\" or another reason"}, {Name: "revision", Kind: vm.Int, Doc: "its revision"}},
				Doc:     "Waits for the next change.", Example: "local watch = kv.watch(\"agent.\")\nwhile session:ready() do\n  local key, value = watch:next(5000)\n  if key then print(key, value and value.state or \"gone\") end\nend", Go: next,
			},
			{
				Name: "close", Doc: "Ends the watch; that happens by itself when the script ends.", Example: "local watch = kv.watch()\nwatch:close()",
				Go: func(a *vm.Args) error {
					k, w := a.Instance().(*keeper), a.Self().(*watch)
					if k.watches[w] {
						ctx, stop := k.env.AsideToKeep(a.Context())
						defer stop()
						w.watch.Close(ctx)
						delete(k.watches, w)
					}
					return nil
				},
			},
		},
	}
}

func next(a *vm.Args) error {
	k, w := a.Instance().(*keeper), a.Self().(*watch)
	if !k.watches[w] {
		return errors.New("kv: the watch is closed")
	}
	a.ChargeCPU(durable.RequestCost)
	ctx, stop, err := k.env.AsideFor(a, 0, least)
	if err != nil {
		a.Return(lua.LNil, lua.LString(err.Error()))
		return nil
	}
	defer stop()
	e, err := w.watch.Next(ctx)
	switch {
	case errors.Is(err, run.ErrTimeout):
		a.Return(lua.LNil, lua.LString("timeout"))
		return nil
	case err != nil:
		return failed(a, k, err)
	}
	a.ChargeMemory(len(e.Key) + len(e.Value))
	v := lua.LValue(lua.LNil)
	if !e.Gone {
		if v, err = value(a, e); err != nil {
			return err
		}
	}
	a.Return(lua.LString(e.Key), v, lua.LNumber(e.Revision))
	return nil
}
