// Package guard holds a Lua state inside its budgets: memory, processor time,
// duration, depth of calls and size of source.
//
// It owns everything that reaches into gopher-lua: the instruction loop, the
// layout check that permits it, the accounting, the errors that end a script,
// protected calls, coroutines and the loading of source text. It leaves the
// pure library functions to host/script/vm/stdlib and the bindings to host/script/vm.
//
// gopher-lua is neither forked nor patched: Check compares the layout this
// package was written against (v1.1.2) with the one linked in, and NewMachine
// refuses to start when they differ.
//
// What gopher-lua does otherwise than PUC Lua 5.1 is put right here as far as
// instructions, errors and the compiler go: prepare rewrites source text,
// repair the syntax tree, execute does some instructions itself. The tests
// compare with lua5.1; testdata/differences.lua lists what is left, each with
// its reason.
//
// # Units
//
// One unit of work is one simple VM instruction, about 10 ns of a 2.5 GHz
// core; UnitsPerSecond of them are what the budgets call a second. 64
// allocated bytes are a unit too. A Go function that does more than an
// instruction's work charges for it with ChargeCPU, before it does it, and for what
// it allocates with ChargeMemory.
package guard
