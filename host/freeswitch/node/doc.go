// Package node owns the connections to FreeSWITCH nodes. A Link connects one
// node: it authenticates, runs API commands, notices a node that fell silent or was
// restarted, and reconnects. Package esl reads and writes the wire.
package node
