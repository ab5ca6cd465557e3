// Package vm runs Lua scripts in guarded states.
//
// A Machine holds what all states share and never changes: the libraries, the
// modules the bindings declare and the metatables of their classes. A State is
// one script's instance: cheap to make, used once, owned by one goroutine. A
// Script is source compiled once and run by any number of states.
//
// The declaration of a module is the only way for a Go function to become
// visible to Lua, and every call passes one wrapper that checks the arguments
// as mod_lua does, traces, and turns an error into a Lua error.
//
// The budgets are host/script/vm/guard's, the pure library functions
// host/script/vm/stdlib's.
package vm
