package outbound

import (
	"html"
	"net"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A socketAddress describes how FreeSWITCH's socket application reached us.
type socketAddress struct {
	hosts       string // the first word of its data: "127.0.0.1:8084/inviteToConf"
	addr        string // host:port of the host that answered
	path        string // what follows that host
	full, async bool   // the other words of the data
}

// The socket application sets these just before it connects, so they come last.
var socketHeaders = [...]string{"variable_socket_host", "variable_socket_path",
	"variable_current_application", "variable_current_application_data", "Control", "Socket-Mode"}

// parseSocketAddress reads the socket application's data from the reply to
// connect. local is the address at which the connection arrived; it replaces
// what the reply does not say.
//
// The variable socket_path alone does not do: it may be left over from an
// earlier host of the list.
func parseSocketAddress(connect esl.Event, local net.Addr) socketAddress {
	var v [len(socketHeaders)]string
	connect.PickLast(socketHeaders[:], v[:])
	host, path, app, data := v[0], v[1], v[2], v[3]
	a := socketAddress{full: v[4] == "full", async: v[5] == "async"}
	localHost, port, _ := net.SplitHostPort(local.String())
	listed := false
	if app == "socket" {
		a.hosts, _, _ = strings.Cut(data, " ")
		for _, h := range syntax.SocketHosts(data) {
			if h.Name == host {
				listed, port, path = true, h.Port, h.Path
			}
		}
	}
	if !listed && host == "" {
		host = localHost
	}
	a.addr, a.path = net.JoinHostPort(host, port), strings.Clone(path) // not the whole reply
	return a
}

// action returns the dialplan's line that hands over calls with the words we need.
func (a socketAddress) action() string {
	hosts := a.hosts
	if hosts == "" {
		hosts = a.addr
		if a.path != "" {
			hosts += "/" + a.path
		}
	}
	return `<action application="socket" data="` + html.EscapeString(hosts) + ` async full"/>`
}

// A controlError reports a call that was handed over without `full` or `async`.
type controlError struct {
	socketAddress
	dialled bool // by FreeSWITCH: without quotes, originate takes what follows a blank for its own arguments
}

func (e *controlError) Error() string {
	var missing []string
	if !e.full {
		missing = append(missing, "`full`")
	}
	if !e.async {
		missing = append(missing, "`async`")
	}
	text := "the socket application lacks " + strings.Join(missing, " and ") + "; write " + e.action()
	if e.dialled && len(missing) == 2 {
		text += "; if an originate dialled this call, quote it there: '&socket(... async full)'"
	}
	return text
}
