package bindings_test

import (
	"log/slog"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// BenchmarkState makes a script's state with its guard and all bindings.
func BenchmarkState(b *testing.B) {
	set := bindings.New(bindings.Deps{})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		b.Fatal(err)
	}
	env := &host.Env{Switch: host.NoSwitch{}, Log: slog.New(slog.DiscardHandler), Clock: clock.System()}
	b.ReportAllocs()
	for b.Loop() {
		st := machine.NewState(vm.StateOptions{})
		env.State = st
		set.Bind(env)
		st.Close()
	}
}
