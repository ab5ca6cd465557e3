// Package node owns the connections to FreeSWITCH nodes. A Link connects one
// node: it authenticates, subscribes, runs API commands, passes events to
// listeners, notices a node that fell silent, and reconnects.
//
// Package esl reads and writes the wire; the meaning of events is left to
// listeners.
package node
