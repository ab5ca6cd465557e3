package flowtest

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
)

// The examples of the reference are Lua that a test can hold.
func TestExamples(t *testing.T) {
	m := Module{}.Declare()
	list := m.Funcs
	for _, c := range m.Classes {
		list = append(list, c.Methods...)
	}
	for _, f := range list {
		text := "test(\"x\", function(t)\n" + f.Example + "\nend)"
		if _, err := vm.Compile("x_test.lua", []byte(text)); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if !strings.Contains(f.Example, f.Name) || f.Doc == "" {
			t.Errorf("%s has no example, or no words", f.Name)
		}
	}
}
