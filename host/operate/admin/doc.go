// Package admin owns what an admin, or a monitoring system, can ask of a running
// eslua. A Server answers: HTTP with JSON on a Unix socket that only eslua's own
// user may open, and read-only /metrics and /health on a TCP address. A Client is
// the command line's end of the socket. A Service knows the answers: it composes
// what the other packages report into a Status, tells the history of the scripts,
// and passes pins and rollbacks on.
//
// Each package registers its own metrics and hands out its own status; what they
// mean is left to it. Printing is left to the commands.
package admin
