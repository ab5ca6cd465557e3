package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/scripts"
)

// A scenario is one call from originate to its end. Each runs against the
// simulator and, with ESLUA_LIVE, against a real FreeSWITCH, which needs no
// dialplan for it: both ends are written inline.
type scenario struct {
	name    string
	script  string          // the flow; empty is scripts/inviteToConf.lua
	shipped string          // instead: a file of scripts/
	callID  string          // is added to the channel's uuid, as if that were a SIP Call-ID
	args    string          // after the flow's name in the socket's path
	far     []string        // what the far end of the loopback does
	vars    string          // variables of the originated leg
	press   string          // digits that are pressed from outside, once a second
	target  string          // what originate runs on it; empty is the flow's socket. %s is host:port/path
	bridged string          // an API command for when the call has been bridged; %call and %leg stand for uuids
	own     config.Flow     // of the flow
	lines   []string        // what the script logs, in order
	calls   map[string]bool // which functions it calls or must not call
	cause   string          // the call's hangup cause as the host sees it; empty: the host does not see the hangup
	after   string          // the channel's hangup cause, if it hangs up after the host has given it back
}

// answered returns a far end that answers, does the rest and then stays.
func answered(rest ...string) []string {
	return append(append([]string{"answer"}, rest...), "park")
}

func scenarios() []scenario {
	return slices.Concat(oddUUIDs(), digitScenarios(), leavingScenarios(), legScenarios(), textScenarios(), shippedScenarios())
}

// log defines the function by which scenarios report.
const logFunction = `
local function log(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  freeswitch.consoleLog("NOTICE", table.concat(t, " "))
end
`

// source returns the flow's Lua.
func (s scenario) source() (string, error) {
	if s.script != "" {
		// On one line, so that error messages keep the script's line numbers.
		return strings.ReplaceAll(logFunction, "\n", " ") + s.script, nil
	}
	shipped, err := scripts.Files.ReadFile(cmp.Or(s.shipped, "inviteToConf.lua"))
	return string(shipped), err
}

// originate returns the command that starts the call.
func (s scenario) originate(uuid, listen string) string {
	socket := listen + "/" + s.name + s.args
	vars := "origination_uuid=" + uuid
	if s.vars != "" {
		vars += "," + strings.ReplaceAll(s.vars, "%s", socket)
	}
	target := fmt.Sprintf("'&socket(%s async full)'", socket)
	if s.target != "" {
		target = strings.ReplaceAll(s.target, "%s", socket)
	}
	dial := "{" + vars + "}loopback/m:^:" + strings.Join(s.far, "^") + "/default/inline"
	if s.callID != "" {
		dial = syntax.Word(strings.Replace(dial, "{"+vars+"}", syntax.Variables([]syntax.Var{{Name: "origination_uuid", Value: uuid}}), 1))
	}
	return "originate " + dial + " " + target
}
