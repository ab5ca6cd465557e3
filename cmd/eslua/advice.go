package main

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
)

// advise says what an admin can do about each thing that is wrong, with the
// commands as they are typed.
func advise(st admin.Status) (todo []string) {
	say := func(format string, args ...any) { todo = append(todo, fmt.Sprintf(format, args...)) }
	if st.Config.Problem != "" {
		say("mend the configuration, then: systemctl reload eslua (or kill -HUP %d)", st.PID)
	}
	if len(st.Config.Strays) > 0 {
		say("the configuration names flows that are not among the scripts (%s): write the name of a script without .lua, in the same case, or save the script", strings.Join(st.Config.Strays, ", "))
	}
	sc := st.Scripts
	switch {
	case sc.WrongSince.IsZero():
	case sc.Refused:
		say("mend the scripts and save them; what serves now goes on until then. To try a tree before it is saved here: eslua check DIR")
	default:
		say("mend the scripts and save them; calls for them take their fallback until then")
	}
	if sc.Held != nil {
		say("%s", afterHold("", sc.Held))
	}
	for _, f := range st.Flows {
		if f.Held != nil {
			say("%s", afterHold(f.Name, f.Held))
		}
		if t := f.Serving; t.Failed >= 5 && t.Failed*10 >= t.Ended {
			say("%s, as it serves now, failed in %d of %s: the log says why (flow=%s); if a save is to blame: eslua scripts rollback %s", f.Name, t.Failed, some(t.Ended, "call"), f.Name, f.Name)
		}
	}
	for _, n := range st.Nodes {
		if !n.Up && strings.Contains(n.LastError, "refused") { // other errors say themselves what to do
			say("node %s: is FreeSWITCH running, and does its event socket listen at %s? eslua tries on by itself", n.Name, n.Address)
		}
		if n.EventsLost > 0 {
			say("node %s lost %s: hooks or listeners are slower than its events come", n.Name, some(n.EventsLost, "event"))
		}
	}
	if st.Calls.NoFlow > 0 {
		say("%s named a flow that there was not: the log says which (\"is not among the scripts\"); a dialplan or a route names it wrongly, or a script was removed", some(st.Calls.NoFlow, "call"))
	}
	if st.Calls.Refused > 0 {
		say("%s found no room: raise calls.max, or add a host", some(st.Calls.Refused, "call"))
	}
	return todo
}

func afterHold(flow string, h *admin.Hold) string {
	what, arg := flow, " "+flow
	if flow == "" {
		what, arg = "all flows", ""
	}
	if h.Pinned {
		return fmt.Sprintf("%s: pinned, whatever is saved, until: eslua scripts unpin%s", what, arg)
	}
	return fmt.Sprintf("%s: what was rolled back is shown by: eslua scripts diff%s. Its next change serves again; to let it serve as it is: eslua scripts unpin%s", what, arg, arg)
}
