package bindings_test

import (
	"log/slog"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
)

// BenchmarkState is one script's state with its guard and all bindings.
func BenchmarkState(b *testing.B) {
	set := bindings.New(bindings.Deps{})
	machine, err := vm.NewMachine(set.Modules(), set.Classes())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b.ReportAllocs()
	for b.Loop() {
		st := machine.NewState(vm.StateOptions{})
		set.BindNode(st, nil, "", nil, log)
		st.Close()
	}
}
