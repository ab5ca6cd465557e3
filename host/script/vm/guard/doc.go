// Package guard holds a Lua state inside its budgets: memory, processor time,
// duration, depth of calls and size of source.
//
// It owns everything that reaches into gopher-lua: the instruction loop, the
// layout check that permits it, the accounting, the errors that end a script,
// protected calls, coroutines, and tables as Go functions change them. Package
// stdlib has the library functions, package vm the bindings.
//
// gopher-lua is neither forked nor patched: Check compares the layout this
// package was written against (v1.1.2) with the one linked in, and NewMachine
// refuses to start when they differ.
//
// Where gopher-lua's instructions and errors differ from PUC Lua 5.1, this
// package corrects them: execute does some instructions itself. Package compiler
// does the same for source text. The tests compare with lua5.1;
// testdata/differences.lua lists the remaining differences, each with its reason.
//
// # Units
//
// One unit of work is one simple VM instruction, about 10 ns of a 2.5 GHz
// core; the budgets call UnitsPerSecond of them a second. 64
// allocated bytes are a unit too. A Go function that does more than an
// instruction's work charges for it with ChargeCPU, before it does it, and for what
// it allocates with ChargeMemory.
package guard
