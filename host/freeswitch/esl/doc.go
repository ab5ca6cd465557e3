// Package esl owns the wire between eslua and FreeSWITCH: it reads frames and the
// events inside them, writes commands, and matches the replies of a connection
// first-in-first-out.
//
// It knows FreeSWITCH's framing and encoding (mod_event_socket.c:read_packet,
// switch_event.c:switch_event_serialize) but not calls, nodes or scripts.
//
// Three rules hold everywhere:
//
//   - Bytes from the peer are hostile. Sizes are checked before memory is allocated,
//     and a frame that breaks the framing ends its connection with the byte offset.
//   - A command to the peer has one meaning. CR, LF and NUL are refused in every
//     field, so no argument can become a header or a second command.
//   - The reader never waits for the consumer of the events.
package esl
