// Package node owns the connections to FreeSWITCH nodes. A Link connects one
// node: it authenticates, runs API commands, notices a node that fell silent or was
// restarted, and reconnects. A Subscription is one consumer's queue of the node's
// events; FreeSWITCH is asked once for what several of them want. Package esl reads and writes the wire.
package node
