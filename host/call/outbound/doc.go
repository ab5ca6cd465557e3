// Package outbound serves the calls that FreeSWITCH's socket application hands to
// eslua. A Server accepts connections and makes a Call of each. It does what every
// call needs, whatever its script does: the handshake, executing one application
// at a time, queuing digits, recognising a hangup by any of its signs, and letting
// the dialplan continue afterwards.
//
// One goroutine owns a Call: the one that runs the Server's Serve function for it.
// Every method that waits also dispatches the events that arrive, in FreeSWITCH's
// order, to the observers; besides the owner only the connection's reader runs. So a Call has no locks, and its methods, except Log, must not be
// called from another goroutine.
//
// Package call decides which script serves a call; package esl implements the
// protocol.
package outbound
