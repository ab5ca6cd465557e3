// Package node owns the connections to FreeSWITCH nodes: one Link per node
// that authenticates, subscribes, runs API commands, hands events to listeners,
// notices a node that went silent, and comes back by itself.
//
// What events mean is left to host/run and the bindings; the wire is host/freeswitch/esl's.
package node
