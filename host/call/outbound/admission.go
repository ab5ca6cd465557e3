package outbound

import (
	"strconv"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// admit takes a place for a call, unless there are MaxCalls already.
func (s *Server) admit() bool {
	if n := s.calls.Add(1); s.cfg.MaxCalls > 0 && n > int64(s.cfg.MaxCalls) {
		s.calls.Add(-1)
		return false
	}
	return true
}

// refuse lets the dialplan of a call beyond MaxCalls continue. Closing the
// connection would leave the call parked (mod_event_socket.c:socket_function).
func (s *Server) refuse(conn *esl.Conn, connect esl.Event) {
	s.refused.Add(1)
	s.log.Warn("too many calls: the dialplan continues without eslua", "max_calls", s.cfg.MaxCalls)
	if connect.Get("Socket-Mode") == "async" && connect.Get("Channel-State-Number") == strconv.Itoa(stateExecute) {
		s.exit(conn, s.commands.resume)
		return
	}
	s.exit(conn)
}
