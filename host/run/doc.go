// Package run owns what happens to a call from its arrival to its end: which
// flow it runs, the script's state and limits, what becomes of the call when the
// script fails, and the account of what runs and has run. It leaves the wire to
// outbound, Lua to vm, the script tree to store, which generation a call gets to
// rollout, and what a script sees to the bindings it is given.
package run
