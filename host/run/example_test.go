package run_test

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// nothing binds nothing: scripts have the functions of Lua. What the program binds is
// bindings.New.
type nothing struct{}

func (nothing) Bind(*run.Env) (end func(context.Context)) { return func(context.Context) {} }

// A source of runs describes each run and gives it to the Runner.
func ExampleRunner_Run() {
	machine, err := vm.NewMachine()
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := run.New(run.Deps{Machine: machine, Binder: nothing{}, Clock: clock.System()})

	script, err := vm.Compile("greet.lua", []byte("local who = argv[1]\nerror('no call for ' .. who)"))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = runner.Run(context.Background(), &run.Run{
		Flow:    "greet",
		Args:    []string{"world"},
		Scripts: run.Single(script),
	})
	fmt.Println(err)
	// Output:
	// greet.lua:2: no call for world
}
