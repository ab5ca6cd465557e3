// Package admin owns what an admin asks of a running eslua, and programs of it:
// HTTP with JSON over a Unix socket that only eslua's own user may open, and
// read-only /metrics and /health on a TCP address. It owns the shape of the
// answers, the client that the command line uses, and the socket's place.
//
// What is true of the host it learns through the interfaces of Deps; who may
// do what, and how, is left to those behind them.
package admin
