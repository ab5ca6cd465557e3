// Package recovery finds and handles the calls that a dead eslua left parked.
//
// If eslua dies after FreeSWITCH has connected and before eslua has sent
// `connect`, the channel stays parked in the socket application and, unless
// socket_resume is set, nothing ever continues it
// (mod_event_socket.c:socket_function). A Recovery searches each node for such
// calls, again and again, and applies the configured policy.
//
// A call that another process serves must not be touched, and FreeSWITCH shows no
// difference between a parked call and one whose script has not executed an
// application yet. A Recovery therefore handles only calls that were handed to
// this process's own address, that stay unchanged for longer than a handshake may
// take, and that never came to this process. It handles none while another process
// still serves calls on the same port.
package recovery
