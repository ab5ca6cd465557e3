// Package uuids owns the module uuid, with the functions of the libraries that scripts
// know under this name.
package uuids

import (
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/google/uuid"
)

// Module declares the module uuid.
type Module struct{}

// Bind returns nothing: the module has no state.
func (Module) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (Module) Declare() *vm.Module {
	ignored := vm.Param{Name: "more", Kind: vm.Any, Variadic: true, Doc: "ignored"}
	make := func(name string) vm.Func {
		return vm.Func{
			Name: name, Params: []vm.Param{ignored}, Results: []vm.Result{{Name: "uuid", Kind: vm.String, Doc: "such as 0b0a1f9e-2f3c-4b7e-9a51-6d0f7f2b9c1d"}},
			Doc: "Returns a random UUID.", Example: "print(require(\"uuid\")." + name + "())",
			Go: func(a *vm.Args) error {
				id, err := uuid.NewRandom()
				a.ReturnString(id.String())
				return err
			},
		}
	}
	nothing := func(name string) vm.Func {
		return vm.Func{
			Name: name, Params: []vm.Param{ignored}, Doc: "Does nothing: UUIDs are random in any case.", Example: "require(\"uuid\")." + name + "(os.time())",
			Go: func(*vm.Args) error { return nil },
		}
	}
	return &vm.Module{
		Outside: true,
		Name:    "uuid", AfterHangup: "Works as before: it does not concern the call.", Required: true,
		Doc:    "Random UUIDs. The module itself can be called, as its function new.",
		Source: "local uuid = ... return setmetatable(uuid, {__call = function() return uuid.new() end})",
		Funcs:  []vm.Func{make("new"), make("generate"), make("generate_v4"), nothing("seed"), nothing("randomseed")},
	}
}
