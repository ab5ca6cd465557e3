package vm_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// A module's functions are data; scripts call them through one wrapper.
func ExampleMachine() {
	phonebook := &vm.Module{Name: "phonebook", Funcs: []vm.Func{{
		Name:    "lookup",
		Params:  []vm.Param{{Name: "name", Kind: vm.String}},
		Results: []vm.Result{{Name: "number", Kind: vm.String}},
		Doc:     "Returns the number of a name.",
		Go: func(a *vm.Args) error {
			numbers := a.Instance().(map[string]string)
			if numbers[a.String(0)] == "" {
				return errors.New("nobody is called " + a.String(0))
			}
			a.ReturnString(numbers[a.String(0)])
			return nil
		},
	}}}
	machine, err := vm.NewMachine(phonebook)
	if err != nil {
		fmt.Println(err)
		return
	}
	script, err := vm.Compile("flow.lua", []byte(`
		print(phonebook.lookup("Ada"))
		print(pcall(phonebook.lookup, "Bob"))
		phonebook.lookup()`))
	if err != nil {
		fmt.Println(err)
		return
	}
	state := machine.NewState(vm.StateOptions{Print: func(line string) { fmt.Println(line) }})
	defer state.Close()
	state.Bind(phonebook, map[string]string{"Ada": "1815"})
	fmt.Println(state.Run(context.Background(), script, nil))
	// Output:
	// 1815
	// false	flow.lua:3: nobody is called Bob
	// flow.lua:4: Error in lookup expected 1..1 args, got 0; write phonebook.lookup(name)
}

// A budget ends a script that does not end by itself.
func ExampleState_Run() {
	machine, err := vm.NewMachine()
	if err != nil {
		fmt.Println(err)
		return
	}
	script, err := vm.Compile("loop.lua", []byte(`while true do end`))
	if err != nil {
		fmt.Println(err)
		return
	}
	state := machine.NewState(vm.StateOptions{Limits: guard.Limits{Burst: 10 * time.Millisecond}})
	defer state.Close()
	err = state.Run(context.Background(), script, nil)
	var failed *vm.ScriptError
	fmt.Println(errors.As(err, &failed), failed.Limit)
	fmt.Println(err)
	// Output:
	// true burst
	// loop.lua:1: burst limit of 10ms of processor time between two waits reached
}

// An object of a class has methods; its Go value is Args.Self.
func ExampleClass() {
	type counter struct {
		vm.Nothing // it keeps nothing alive
		n          int
	}
	class := &vm.Class{Name: "Counter", Value: (*counter)(nil), Methods: []vm.Func{{
		Name: "add",
		Params: []vm.Param{
			{Name: "n", Kind: vm.Int, Optional: true, Default: "1"},
		},
		Results: []vm.Result{{Name: "sum", Kind: vm.Int}},
		Go: func(a *vm.Args) error {
			by := 1
			if a.Has(0) {
				by = a.Int(0)
			}
			c := a.Self().(*counter)
			c.n += by
			a.ReturnInt(c.n)
			return nil
		},
	}}}
	machine, err := vm.NewMachine(&vm.Module{Classes: []*vm.Class{class}})
	if err != nil {
		fmt.Println(err)
		return
	}
	state := machine.NewState(vm.StateOptions{Print: func(line string) { fmt.Println(line) }})
	defer state.Close()
	state.SetGlobal("counter", state.NewObject("Counter", &counter{}))
	script, err := vm.Compile("count.lua", []byte(`counter:add() print(counter:add(41))`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(state.Run(context.Background(), script, nil))
	// Output:
	// 42
	// <nil>
}
