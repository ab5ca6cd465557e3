// Package recovery owns the calls that a dead eslua left behind: one that died
// after FreeSWITCH had connected and before it said so itself (`connect`) leaves
// the channel parked in the socket application, where nothing ever takes it up
// again unless socket_resume is set (mod_event_socket.c:socket_function). A
// Sweep looks for them once on each node and does what the configuration says.
//
// A call that anybody serves must never be touched, and nothing FreeSWITCH shows
// tells a parked call from one whose script has not executed an application
// yet. So a Sweep takes only calls that were handed to this very address, that
// stay as they are for longer than a handshake may take, that never came to this
// process, and it stands back when another process still serves on our port.
package recovery
