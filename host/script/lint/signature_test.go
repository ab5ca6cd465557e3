package lint

import (
	"context"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
)

// TestStandardParams calls Lua's functions with what their signatures accept and with
// what they refuse.
func TestStandardParams(t *testing.T) {
	machine, err := vm.NewMachine()
	if err != nil {
		t.Fatal(err)
	}
	raises := func(call string) string {
		script, err := vm.Compile("x.lua", []byte(call))
		if err != nil {
			t.Fatal(err)
		}
		state := machine.NewState(vm.StateOptions{})
		defer state.Close()
		if err := state.Run(context.Background(), script, nil); err != nil {
			return err.Error()
		}
		return ""
	}
	good := map[vm.Kind]string{vm.Any: "{}", vm.String: `"1"`, vm.Number: "1", vm.Table: "{}", vm.Function: "print"}
	bad := map[vm.Kind]string{vm.String: "{}", vm.Number: `"x"`, vm.Table: "1", vm.Function: "1"}
	for name := range standardParams {
		s := standard(name)
		args := make([]string, s.least)
		for i := range args {
			args[i] = good[s.param(i).Kind]
		}
		call := func(args []string) string { return name + "(" + strings.Join(args, ", ") + ")" }
		ofOneKind := map[string]bool{"select": true, "setfenv": true, "coroutine.resume": true, "coroutine.status": true}
		if wrong := raises(call(args)); strings.Contains(wrong, "bad argument") && !ofOneKind[name] {
			t.Errorf("%s: %s", call(args), wrong)
		}
		if len(args) == 0 {
			continue
		}
		if raises(call(args[:len(args)-1])) == "" {
			t.Errorf("%s accepts %d arguments", name, len(args)-1)
		}
		for i := range args {
			wrong := append([]string{}, args...)
			if wrong[i] = bad[s.param(i).Kind]; wrong[i] != "" && raises(call(wrong)) == "" {
				t.Errorf("%s is accepted", call(wrong))
			}
			if wrong[i] = "nil"; s.param(i).Kind != vm.Any && raises(call(wrong)) == "" {
				t.Errorf("%s is accepted", call(wrong))
			}
		}
	}
}
