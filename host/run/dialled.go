package run

import (
	"context"
	"regexp"
	"strconv"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// dialledItself reports whether FreeSWITCH itself has dialled a call: it is the far side
// of a dial string, or has come back to FreeSWITCH from its own address. None of these
// can be changed for a channel.
func dialledItself(snapshot esl.Event) bool {
	if snapshot.Get("Call-Direction") == "outbound" || snapshot.Get("Caller-Source") == "mod_loopback" {
		return true
	}
	address := snapshot.Get("Caller-Network-Addr")
	return address != "" && (address == snapshot.Get("FreeSWITCH-IPv4") || address == snapshot.Get("variable_sip_local_network_addr"))
}

// roomy asks FreeSWITCH whether more than half of its sessions are free.
func (e *Env) roomy(ctx context.Context) bool {
	status, err := e.Switch.API(ctx, "status")
	used, most := sessionsUsed.FindStringSubmatch(status), sessionsMost.FindStringSubmatch(status)
	if err != nil || used == nil || most == nil {
		return false
	}
	n, _ := strconv.Atoi(used[1])
	of, _ := strconv.Atoi(most[1])
	return 2*n < of
}

// FreeSWITCH's status says: 3 session(s) - peak 7, last 5min 4; 1000 session(s) max.
var (
	sessionsUsed = regexp.MustCompile(`(?m)^(\d+) session\(s\) - peak`)
	sessionsMost = regexp.MustCompile(`(?m)^(\d+) session\(s\) max`)
)
