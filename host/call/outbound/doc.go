// Package outbound owns the calls that FreeSWITCH's socket application hands to
// eslua: the listener, one Call per connection, and what holds for every call
// whatever its flow does - the handshake, one application at a time, digits
// typed ahead, the many signs of a hangup, and a dialplan that goes on when the
// flow is done.
//
// One goroutine owns a Call: the one that runs Serve for it. Everything that
// waits takes the events as they come, in FreeSWITCH's order, and shows each to
// the observers; nothing else runs beside it but the connection's reader. So a
// Call has no locks, and its methods (Log aside) must not be called from
// another goroutine.
//
// What a flow is and which one serves a call is host/run's; the wire is
// host/freeswitch/esl's.
package outbound
