package wire

import "strconv"

// Texts of mod_event_socket.
const (
	AuthRequest   = "Content-Type: auth/request\n\n"
	Goodbye       = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
	ShuttingDown  = "The system is being shut down.\n"
	LostEvents    = "killed listener because of lost events\n"
	RudeRejection = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"

	replyText = 512  // listener_run's text buffer
	replyRoom = 1024 // and its packet buffer
)

// Reply is a command/reply packet; extra are whole header lines after the
// Reply-Text. FreeSWITCH cuts long texts.
func Reply(text string, extra ...Header) []byte {
	if len(text) > replyText-1 {
		text = text[:replyText-1]
	}
	b := append(make([]byte, 0, 128), "Content-Type: command/reply\nReply-Text: "...)
	b = append(append(b, text...), '\n')
	for _, h := range extra {
		b = append(append(append(append(b, h.Name...), ": "...), h.Value...), '\n')
	}
	b = append(b, '\n')
	if len(b) > replyRoom-1 {
		b = b[:replyRoom-1]
	}
	return b
}

// APIResponse is an api/response packet.
func APIResponse(body string) []byte {
	if body == "" {
		body = "-ERR no reply\n"
	}
	b := append(make([]byte, 0, 64+len(body)), "Content-Type: api/response\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	return append(append(b, "\n\n"...), body...)
}

// Disconnect is the last packet of a connection. session is the controlled
// channel's UUID on an outbound connection.
func Disconnect(session, text string) []byte {
	b := append(make([]byte, 0, 256), "Content-Type: text/disconnect-notice\n"...)
	if session != "" {
		b = append(append(append(b, "Controlled-Session-UUID: "...), session...), "\nContent-Disposition: disconnect\n"...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(text)), 10)
	return append(append(b, "\n\n"...), text...)
}

// Linger is the notice that the channel is gone but events go on for seconds
// (-1: until exit).
func Linger(session, channel string, seconds int) []byte {
	b := append(make([]byte, 0, 256), "Content-Type: text/disconnect-notice\nControlled-Session-UUID: "...)
	b = append(append(b, session...), "\nContent-Disposition: linger\nChannel-Name: "...)
	b = append(append(b, channel...), "\nLinger-Time: "...)
	b = strconv.AppendInt(b, int64(seconds), 10)
	return append(b, "\nContent-Length: 0\n\n"...)
}

// LogLine is a log/data packet.
func LogLine(level int, file, function string, line int, uuid, text string) []byte {
	b := append(make([]byte, 0, 256+len(text)), "Content-Type: log/data\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(text)), 10)
	b = strconv.AppendInt(append(b, "\nLog-Level: "...), int64(level), 10)
	b = append(append(append(b, "\nText-Channel: 3\nLog-File: "...), file...), "\nLog-Func: "...)
	b = strconv.AppendInt(append(append(b, function...), "\nLog-Line: "...), int64(line), 10)
	b = append(append(b, "\nUser-Data: "...), uuid...)
	return append(append(b, "\n\n"...), text...)
}
