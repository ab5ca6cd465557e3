package syntax

import (
	"net"
	"strings"
)

// A SocketHost is one of the hosts that a socket application may dial.
type SocketHost struct {
	Name    string // as in the channel variable socket_host
	Port    string
	Path    string // still encoded
	Address string // host:port as the net package takes it
}

// SocketHosts returns the hosts in the argument of a socket application, in the
// order in which FreeSWITCH dials them (mod_event_socket.c:socket_function). A
// port holds for the hosts after it, too.
func SocketHosts(arg string) []SocketHost {
	var hosts []SocketHost
	port := "8084"
	words := Split(arg, ' ', 2)
	if len(words) == 0 {
		return nil
	}
	for _, text := range Split(words[0], '|', 50) {
		var h SocketHost
		if i := strings.LastIndexByte(text, ':'); i >= 0 {
			h.Name = text[:i]
			port, h.Path, _ = strings.Cut(text[i+1:], "/")
		} else {
			h.Name, h.Path, _ = strings.Cut(text, "/")
		}
		h.Port = port
		h.Address = net.JoinHostPort(strings.Trim(h.Name, "[]"), port)
		hosts = append(hosts, h)
	}
	return hosts
}
