// Package flow owns what happens to a call from its arrival to its end: which
// flow it runs, the script's state and limits, and what becomes of the call
// when the script fails. It leaves the wire to outbound, Lua to vm, the script
// tree to store, and what a script sees to the bindings it is given.
package flow
