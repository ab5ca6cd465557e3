// Package vm runs Lua scripts in guarded states.
//
// A Machine has what all states share: the libraries, the modules that bindings
// declare, and the metatables of their classes. A State runs one script: it is
// cheap to make and belongs to one goroutine. A Script is compiled once and runs
// in any number of states.
//
// A Go function becomes visible to Lua only by the declaration of a Module. Every
// call passes a wrapper that checks the arguments as mod_lua does, traces the
// call, and turns an error into a Lua error.
//
// Package guard has the budgets, stdlib Lua's library, compiler the way from
// source text to functions, number how Lua reads and writes numbers.
package vm
