// Package esl owns the wire between eslua and FreeSWITCH: frames as they
// arrive, the events inside them, commands as they leave, and one ordered
// connection that matches replies first-in-first-out.
//
// It knows FreeSWITCH's framing and encoding (mod_event_socket.c:read_packet,
// switch_event.c:switch_event_serialize) and nothing of calls, nodes or scripts:
// those are host/call/outbound, host/freeswitch/node and above.
//
// Three rules hold everywhere:
//
//   - Bytes from the peer are hostile. Sizes are checked before memory is taken,
//     and a frame that breaks the framing ends its connection with the byte offset.
//   - Bytes to the peer mean one thing. CR, LF and NUL are refused in every
//     field, so no argument can become a header or a second command.
//   - The reader never waits for whoever consumes the events.
package esl
