// Package console owns the consoles: prompts at which admins type Lua in the running eslua.
// Each has one connection of the admin socket, and a state of its own for as long, which
// package job makes: with the limits and grants of a script without a call. What is typed is
// logged with who has typed it.
//
// A connection carries JSON, one value on a line: a Request of the client, then Answers of
// the console until one is Done. Only to Interrupt may a client send another Request before
// that. When the connection ends, so does the state.
package console
