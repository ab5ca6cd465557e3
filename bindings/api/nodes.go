package api

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Nodes declares the global api: the nodes, and commands as an object of freeswitch.API has
// them, so that scripts that begin with api = api or freeswitch.API() go on as before.
type Nodes struct{ Nodes node.Nodes }

// nodes finds nodes for one run.
type nodes struct {
	env *run.Env
	all node.Nodes
}

// Bind returns what finds nodes for the run.
func (m Nodes) Bind(env *run.Env) any { return &nodes{env, m.Nodes} }

// Declare declares the functions.
func (Nodes) Declare() *vm.Module {
	self := vm.Param{Name: "api", Kind: vm.Any, Doc: "the table itself: write api:execute"}
	m := &vm.Module{
		Name: "api", CText: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc: "API commands, as an object of freeswitch.API() runs them, and the FreeSWITCH nodes of the configuration (`nodes:`). A call's script has the node that the call is on; " +
			"a job has one that is chosen for it, by weight among those that are connected, not drained and not full, and keeps it while it is connected. " +
			"Others can be named where `grants: nodes:` permits it.",
		Funcs: []vm.Func{
			{
				Name: "node", Outside: true,
				Params: []vm.Param{{Name: "which", Kind: vm.Any, Optional: true, Default: "the script's own",
					Doc: `the name of a node, or {tag = "media"}: one of those that have the tag, chosen by weight`}},
				Results: []vm.Result{{Name: "api", Kind: vm.Object, Class: "API", Doc: "runs commands on that node"}},
				Doc:     "Returns an object like those of freeswitch.API() whose commands run on one node. mod_lua does not have it.",
				Example: "local there = api.node(\"fs2\")\nprint(there:execute(\"show\", \"calls count\"))",
				Go:      getNode,
			},
			{
				Name: "nodes", Outside: true,
				Params: []vm.Param{{Name: "which", Kind: vm.Table, Optional: true, Default: "all",
					Doc: `{tag = "media"}: only those that have the tag`}},
				Results: []vm.Result{{Name: "nodes", Kind: vm.Table, Doc: "a list of tables: name; tags, a list; weight; up; draining; ready: whether it gets new calls, and why not in reason; own: whether it is the script's; " +
					"sessions, max_sessions and idle_cpu as FreeSWITCH has told with its last HEARTBEAT; round_trip and silence in seconds"}},
				Doc: "Lists the nodes that the script may name, its own among them. mod_lua does not have it.",
				Example: `for _, n in ipairs(api.nodes{tag = "media"}) do
  print(n.name, n.up, n.draining, n.sessions .. " of " .. n.max_sessions)
end`,
				Go: listNodes,
			},
		},
	}
	for _, method := range class().Methods {
		f := method
		f.Params = append([]vm.Param{self}, method.Params...)
		f.Differs = ""
		f.Doc = strings.TrimSuffix(method.Doc, ".") + ", as the method of an object of freeswitch.API() does."
		f.Example = strings.ReplaceAll(method.Example, "freeswitch.API():", "api:")
		switch method.Name {
		case "execute":
			f.Go = func(a *vm.Args) error { return execute(a, a.Instance().(*nodes).env, a.String(1), a.String(2)) }
		case "executeString":
			f.Go = func(a *vm.Args) error { return executeLine(a, a.Instance().(*nodes).env, a.String(1)) }
		case "getTime":
			f.Go = func(a *vm.Args) error { return getTime(a, a.Instance().(*nodes).env) }
		}
		m.Funcs = append(m.Funcs, f)
	}
	return m
}

func getNode(a *vm.Args) error {
	n := a.Instance().(*nodes)
	l, err := n.find(a)
	if err != nil {
		return fmt.Errorf("api.node: %w", err)
	}
	a.Return(a.State().NewObject("API", client{node: l}))
	return nil
}

func (n *nodes) find(a *vm.Args) (*node.Link, error) {
	switch which := a.Value(0).(type) {
	case *lua.LNilType:
		return n.env.Home(a.Context(), n.all)
	case lua.LString:
		return n.env.NamedNode(n.all, string(which))
	case *lua.LTable:
		tag, err := tagOf(which)
		if err != nil {
			return nil, err
		}
		return n.env.TaggedNode(n.all, tag)
	}
	return nil, fmt.Errorf("it wants the name of a node, or {tag = NAME}, not a %s", a.Value(0).Type())
}

// tagOf reads {tag = "media"}.
func tagOf(t *lua.LTable) (tag string, err error) {
	t.ForEach(func(k, v lua.LValue) {
		text, ok := v.(lua.LString)
		if name, is := k.(lua.LString); !is || name != "tag" || !ok {
			err = errors.New(`write {tag = "media"}: nodes are chosen by a tag, or named by a text`)
		}
		tag = string(text)
	})
	return tag, err
}

func listNodes(a *vm.Args) error {
	n := a.Instance().(*nodes)
	tag := ""
	if t, ok := a.Value(0).(*lua.LTable); ok {
		var err error
		if tag, err = tagOf(t); err != nil {
			return fmt.Errorf("api.nodes: %w", err)
		}
	}
	list := a.State().Table(nil)
	for _, l := range n.all.Tagged(tag) {
		if n.env.MayUse(l) == nil {
			a.SetIndex(list, list.Len()+1, n.describe(a, l))
		}
	}
	a.Return(list)
	return nil
}

func (n *nodes) describe(a *vm.Args, l *node.Link) *lua.LTable {
	s, t := l.Status(), a.State().Table(nil)
	tags := a.State().Table(nil)
	for i, tag := range s.Tags {
		a.SetIndex(tags, i+1, lua.LString(tag))
	}
	reason := l.Ready()
	for key, v := range map[string]lua.LValue{
		"name": lua.LString(s.Node), "tags": tags, "weight": lua.LNumber(s.Weight),
		"up": lua.LBool(s.Up), "draining": lua.LBool(s.Draining != nil), "ready": lua.LBool(reason == nil), "own": lua.LBool(n.env.IsHome(l)),
		"sessions": lua.LNumber(s.Sessions), "max_sessions": lua.LNumber(s.MaxSessions), "idle_cpu": lua.LNumber(s.IdleCPU),
		"round_trip": lua.LNumber(s.RoundTrip.Seconds()),
	} {
		a.SetKey(t, key, v)
	}
	if reason != nil {
		a.SetKey(t, "reason", lua.LString(reason.Error()))
	}
	if !s.Heard.IsZero() {
		a.SetKey(t, "silence", lua.LNumber(max(0, n.env.Clock.Now().Sub(s.Heard)).Round(time.Millisecond).Seconds()))
	}
	return t
}
