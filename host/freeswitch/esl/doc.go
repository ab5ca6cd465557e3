// Package esl owns the wire between eslua and FreeSWITCH: it reads frames and the
// events inside them, writes commands, and matches the replies of a connection
// first-in-first-out.
//
// It knows FreeSWITCH's framing and encoding (mod_event_socket.c:read_packet,
// switch_event.c:switch_event_serialize) but not calls, nodes or scripts.
//
// Three rules hold everywhere:
//
//   - Bytes from the peer are hostile. Sizes are checked before memory is taken,
//     and a frame that breaks the framing ends its connection with the byte offset.
//   - Bytes to the peer mean one thing. CR, LF and NUL are refused in every
//     field, so no argument can become a header or a second command.
//   - The reader never waits for whoever consumes the events.
package esl
