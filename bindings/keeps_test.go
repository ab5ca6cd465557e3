package bindings

import (
	"log/slog"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// What a module keeps until the end of the script is memory also when the script has
// forgotten it: the census would not find it otherwise.
func TestWhatAModuleKeepsIsCounted(t *testing.T) {
	set := New(Deps{})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	st := machine.NewState(vm.StateOptions{})
	defer st.Close()
	grants := grant.Default()
	env := &run.Env{State: st, Switch: run.NoSwitch{}, Grants: &grants, Print: func(string) {}, Log: slog.New(slog.DiscardHandler), Clock: clock.System(), Console: run.NewConsole(slog.New(slog.DiscardHandler), nil)}
	for i, m := range set.modules {
		instance := m.Bind(env)
		if ender, ends := instance.(Ender); ends {
			defer ender.End(t.Context())
			if _, counts := instance.(vm.Holder); !counts {
				t.Errorf("%s: %T keeps something for its script and has no method Holds, which counts it", set.declared[i].Name, instance)
			}
		}
	}
}
