package wire

import "fmt"

// Texts of mod_event_socket.
const (
	AuthRequest   = "Content-Type: auth/request\n\n"
	Goodbye       = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
	LostEvents    = "killed listener because of lost events\n"
	RudeRejection = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"

	replyText = 512  // size of listener_run's text buffer
	replyRoom = 1024 // and of its packet buffer
)

// Reply returns a command/reply packet with extra headers after Reply-Text.
// FreeSWITCH cuts long texts.
func Reply(text string, extra ...Header) []byte {
	b := fmt.Appendf(nil, "Content-Type: command/reply\nReply-Text: %s\n", text[:min(len(text), replyText-1)])
	for _, h := range extra {
		b = fmt.Appendf(b, "%s: %s\n", h.Name, h.Value)
	}
	b = append(b, '\n')
	return b[:min(len(b), replyRoom-1)]
}

// APIResponse returns an api/response packet.
func APIResponse(body string) []byte {
	if body == "" {
		body = "-ERR no reply\n"
	}
	return fmt.Appendf(nil, "Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body)
}

// Disconnect returns the last packet of a connection. uuid is the controlled
// channel's on an outbound connection.
func Disconnect(uuid, text string) []byte {
	b := []byte("Content-Type: text/disconnect-notice\n")
	if uuid != "" {
		b = fmt.Appendf(b, "Controlled-Session-UUID: %s\nContent-Disposition: disconnect\n", uuid)
	}
	return fmt.Appendf(b, "Content-Length: %d\n\n%s", len(text), text)
}

// Linger returns the notice that the channel is gone and events follow for some
// seconds, or until exit if seconds is -1.
func Linger(uuid, channel string, seconds int) []byte {
	return fmt.Appendf(nil, "Content-Type: text/disconnect-notice\nControlled-Session-UUID: %s\nContent-Disposition: linger\n"+
		"Channel-Name: %s\nLinger-Time: %d\nContent-Length: 0\n\n", uuid, channel, seconds)
}

// LogLine returns a log/data packet.
func LogLine(level int, file, function string, line int, uuid, text string) []byte {
	return fmt.Appendf(nil, "Content-Type: log/data\nContent-Length: %d\nLog-Level: %d\nText-Channel: 3\nLog-File: %s\n"+
		"Log-Func: %s\nLog-Line: %d\nUser-Data: %s\n\n%s", len(text), level, file, function, line, uuid, text)
}
