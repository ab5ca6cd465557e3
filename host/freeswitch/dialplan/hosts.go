package dialplan

import (
	"net"
	"strings"
)

// Host is one host of a socket application's data.
type Host struct {
	Name    string // as FreeSWITCH puts it into the variable socket_host
	Port    string
	Path    string // still encoded
	Address string // host:port as net takes it
}

// Hosts splits the first word of a socket application's data as
// mod_event_socket.c:socket_function does: at bars, then at the last colon of
// each, then at the first slash; a port holds for later hosts too.
func Hosts(data string) (all []Host) {
	list, _, _ := strings.Cut(data, " ")
	port := "8084"
	for text := range strings.SplitSeq(list, "|") {
		var h Host
		if i := strings.LastIndexByte(text, ':'); i >= 0 {
			h.Name = text[:i]
			port, h.Path, _ = strings.Cut(text[i+1:], "/")
		} else {
			h.Name, h.Path, _ = strings.Cut(text, "/")
		}
		h.Port = port
		h.Address = net.JoinHostPort(strings.Trim(h.Name, "[]"), port)
		all = append(all, h)
	}
	return all
}
