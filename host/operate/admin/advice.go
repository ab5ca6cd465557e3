package admin

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/script/rollout"
)

// Advice returns what an admin can do about each thing that is wrong, with the
// commands as they are typed.
func (st Status) Advice() (todo []string) {
	add := func(format string, args ...any) { todo = append(todo, fmt.Sprintf(format, args...)) }
	if st.Config.Problem != "" {
		add("correct the configuration file, then: systemctl reload eslua (or kill -HUP %d)", st.PID)
	}
	if len(st.Config.Restart) > 0 {
		add("the configuration file has settings that need a restart (%s): systemctl restart eslua, or eslua serve --takeover", strings.Join(st.Config.Restart, ", "))
	}
	if len(st.Config.Strays) > 0 {
		add("the configuration names flows that do not exist (%s): correct the name (without .lua; upper and lower case differ), or add the script", strings.Join(st.Config.Strays, ", "))
	}
	switch {
	case st.Scripts.Since.IsZero():
	case st.Scripts.Refused:
		add("correct the scripts and save them; until then eslua serves the last version without errors. To check a directory before you deploy it: eslua check DIR")
	default:
		add("correct the scripts and save them; until then their calls run the fallback")
	}
	if o := st.Override(""); o != nil {
		add("%s", overrideAdvice(o))
	}
	for _, f := range st.Flows {
		if o := st.Override(f.Flow); o != nil {
			add("%s", overrideAdvice(o))
		}
		if p := f.Prompts; p.Count > 0 {
			add("%s: FreeSWITCH could not play %s; put the file where its sounds are, or correct the name", f.Flow, p.Last)
		}
		if t := f.Current(); t.Failed >= 5 && t.Failed*10 >= t.Ended {
			add("%s failed in %d of %d calls of its current version: the log says why (flow=%s); if a change caused it: eslua scripts rollback %s", f.Flow, t.Failed, t.Ended, f.Flow, f.Flow)
		}
	}
	for _, j := range st.Jobs {
		for _, h := range j.Hooks {
			if h.Lost > 0 {
				add("hook %s: %d events were dropped because its script is too slow; raise the hook's parallel or workers, or its queue, or have the script do less", h.Hook, h.Lost)
			}
			if h.Problem != nil {
				add("hook %s: its newest version cannot be loaded: %s", h.Hook, h.Problem.Error)
			}
		}
	}
	for _, p := range st.Pushes {
		if p.Lost > 0 {
			add("push %s: %d documents were lost; the log says why", p.Push, p.Lost)
		}
	}
	if st.Missed > 0 {
		add("pushes: %d events of calls were lost because eslua did not keep up; check whether this machine is overloaded", st.Missed)
	}
	for _, n := range st.Nodes {
		todo = append(todo, nodeAdvice(n)...)
	}
	if n := st.NoFlow.Started; n > 0 {
		add("calls for flows that do not exist: %d; the log names the flows (\"is not among the scripts\"). Correct the dialplan or the route, or add the script", n)
	}
	if n := st.Unnamed; n > 0 {
		add("calls for which nothing names a flow: %d; their dialplans continued. Name one in the dialplan (socket %s/FLOW async full), in a route or in default_flow", n, st.Listen)
	}
	if n := st.Limited; n > 0 {
		add("calls kept out by calls.rate, or by calls.max or calls.rate of their flow: %d; their dialplans continued. The log names the limit", n)
	}
	if n := st.Calls.Unserved; n > 0 {
		add("calls that FreeSWITCH handed over without async or full: %d; their dialplans continued. Write: socket %s/FLOW async full", n, st.Listen)
	}
	if n := st.Calls.Refused; n > 0 {
		add("calls refused because calls.max was reached: %d; raise calls.max, or add a host", n)
	}
	return todo
}

func overrideAdvice(o *rollout.Override) string {
	what, arg := o.Flow+" is", " "+o.Flow
	if o.Flow == "" {
		what, arg = "all flows are", ""
	}
	if o.Pinned() {
		return fmt.Sprintf("%s pinned: changes have no effect until: eslua scripts unpin%s", what, arg)
	}
	return fmt.Sprintf("%s rolled back until the next change. To see the change: eslua scripts diff%s; to serve it again unchanged: eslua scripts unpin%s", what, arg, arg)
}

func nodeAdvice(n node.Status) (todo []string) {
	if !n.Up && strings.Contains(n.LastError, "refused") { // other errors say what to do
		todo = append(todo, fmt.Sprintf("node %s: check that FreeSWITCH is running and that its event socket listens on %s; eslua keeps trying", n.Node, n.Address))
	}
	if n.Draining != nil {
		todo = append(todo, fmt.Sprintf("node %s is drained and gets no new calls until: eslua node resume %[1]s", n.Node))
	}
	if n.MaxSessions > 0 && n.Sessions >= n.MaxSessions {
		todo = append(todo, fmt.Sprintf("node %s has %d of %d sessions and gets no new calls; raise max-sessions in its switch.conf.xml, or add a node", n.Node, n.Sessions, n.MaxSessions))
	}
	if c := n.Commands; c != nil && c.Refused > 0 {
		todo = append(todo, fmt.Sprintf("node %s: %d API commands of scripts were not run because too many waited; FreeSWITCH is overloaded, or the scripts ask too much of it", n.Node, c.Refused))
	}
	if n.EventsLost > 0 {
		todo = append(todo, fmt.Sprintf("node %s: %d events were lost because eslua did not keep up; check whether this machine is overloaded", n.Node, n.EventsLost))
	}
	return todo
}
