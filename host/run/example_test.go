package run_test

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// A source of runs describes each run and gives it to the Runner.
func ExampleRunner_Run() {
	set := bindings.New(bindings.Deps{})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := run.New(run.Deps{Machine: machine, Binder: set, Clock: clock.System()})

	script, err := vm.Compile("greet.lua", []byte("print('hello ' .. argv[1])\nerror('no more')"))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = runner.Run(context.Background(), &run.Run{
		Flow:    "greet",
		Args:    []string{"world"},
		Scripts: run.Single(script),
		Print:   func(line string) { fmt.Println(line) },
	})
	fmt.Println(err)
	// Output:
	// hello world
	// greet.lua:2: no more
}
