package outbound

import (
	"html"
	"net"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// dialled is what FreeSWITCH says of how it came here.
type dialled struct {
	hosts       string // the socket application's first word: "127.0.0.1:8084/inviteToConf"
	addr        string // host:port of the one that answered
	path        string // what stood behind it
	full, async bool   // the words behind
}

// The socket application sets these just before it connects, so they stand last.
var dialledHeaders = [...]string{"variable_socket_host", "variable_socket_path",
	"variable_current_application", "variable_current_application_data", "Control", "Socket-Mode"}

// whence reads the socket application's data out of the connect reply. local is
// where the connection arrived, for what the data does not say.
func whence(connect esl.Event, local net.Addr) dialled {
	var v [len(dialledHeaders)]string
	connect.PickLast(dialledHeaders[:], v[:])
	host, port, path, ok := v[0], "", "", false
	var d dialled
	if v[2] == "socket" {
		d.hosts, _, _ = strings.Cut(v[3], " ")
		port, path, ok = chosen(d.hosts, host)
	}
	if !ok {
		path = v[1]
		var at string
		at, port, _ = net.SplitHostPort(local.String())
		if host == "" {
			host = at
		}
	}
	d.addr, d.path = net.JoinHostPort(host, port), strings.Clone(path) // not the whole reply
	d.full, d.async = v[4] == "full", v[5] == "async"
	return d
}

// chosen finds the entry for host in "host[:port][/path]|...", as FreeSWITCH
// reads it (mod_event_socket.c:socket_function): a port holds for later entries
// too. The variable socket_path alone may be left over from an entry before.
func chosen(hosts, host string) (port, path string, ok bool) {
	inherited := "8084"
	for entry := range strings.SplitSeq(hosts, "|") {
		var name, rest string
		if i := strings.LastIndexByte(entry, ':'); i >= 0 {
			name, rest = entry[:i], entry[i+1:]
			inherited, rest, _ = strings.Cut(rest, "/")
		} else {
			name, rest, _ = strings.Cut(entry, "/")
		}
		if name == host {
			port, path, ok = inherited, rest, true
		}
	}
	return port, path, ok
}

// action is the dialplan line that hands calls over as they are needed.
func (d dialled) action() string {
	hosts := d.hosts
	if hosts == "" {
		hosts = d.addr
		if d.path != "" {
			hosts += "/" + d.path
		}
	}
	return `<action application="socket" data="` + html.EscapeString(hosts) + ` async full"/>`
}
