// Package run owns the one way in which a script is run: its state, its limits,
// what it sees, and the account of what runs and has run. A source of runs, such
// as package call or the command exec, describes each with a Run and gives it to
// a Runner. Package run leaves Lua to vm, the scripts' text to store, and what a
// script can call to the Binder.
package run
