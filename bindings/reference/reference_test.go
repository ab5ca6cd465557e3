package reference_test

import (
	"os"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings/reference"
	"github.com/eslua/eslua/host/script/vm"
)

func clockModule() *vm.Module {
	return &vm.Module{
		Name: "clock", Doc: "The time.", AfterHangup: "Works as before.",
		Funcs: []vm.Func{{
			Name: "wait", Doc: "Waits. It counts in milliseconds.", Example: "clock.wait(100)",
			Params:  []vm.Param{{Name: "ms", Kind: vm.Int, Doc: "how long"}, {Name: "unit", Kind: vm.String, Optional: true, Default: "ms", Doc: "a | b"}},
			Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if it has"}},
		}},
		Absent: map[string]string{"clock.sleep": "use clock.wait"},
	}
}

func ExampleReference_Find() {
	for _, e := range reference.New([]*vm.Module{clockModule()}).Find("wait") {
		e.Text(os.Stdout)
	}
	// Output:
	// done = clock.wait(ms, [unit])
	//
	//   Waits. It counts in milliseconds.
	//
	//   Parameters
	//     ms (integer)
	//         how long
	//     unit (text)
	//         a | b (default: ms)
	//
	//   Results
	//     done (boolean)
	//         true if it has
	//
	//   After the hangup
	//     Works as before.
	//
	//   Example
	//     clock.wait(100)
}

func TestNamesAreFound(t *testing.T) {
	ref := reference.New([]*vm.Module{clockModule()})
	for name, want := range map[string]string{
		"clock": "clock", "clock.wait": "clock.wait", "Clock:WAIT": "clock.wait", "clock.sleep": "clock.sleep", "string.rep": "string.rep", "rep": "string.rep", "nosuch": "",
	} {
		got := ""
		for _, e := range ref.Find(name) {
			got += e.Name
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"clock.wiat": "clock.wait", "wat": "wait", "zzzzzz": ""} {
		if got := ref.Nearest(name); got != want {
			t.Errorf("%s is near %q, want %q", name, got, want)
		}
	}
	var overview strings.Builder
	ref.Overview(&overview)
	if !strings.Contains(overview.String(), "clock: The time.\n  clock.wait  Waits.\n") {
		t.Error(overview.String())
	}
	if page := ref.Markdown(); !strings.Contains(page, "| `unit` | text | ms | a \\| b |") || !strings.Contains(page, "[wait](#clockwait)") {
		t.Error(page)
	}
}
