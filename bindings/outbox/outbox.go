// Package outbox owns the table outbox, with which scripts tell HTTP servers what must
// not be lost. host/outbox keeps and delivers it.
package outbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table outbox.
type Module struct{ Outbox *outbox.Outbox } // nil: nothing is kept

type pushes struct {
	env    *run.Env
	outbox *outbox.Outbox
}

// Bind returns what the run pushes with.
func (m Module) Bind(env *run.Env) any { return &pushes{env, m.Outbox} }

// keepWithin limits how long a script waits until a push is kept: longer than the servers
// of a cluster take to choose another leader. What is known to fail is not waited for.
const keepWithin = 15 * time.Second

// Declare declares the table.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		Outside: true,
		Name:    "outbox", AfterHangup: "Works as before.",
		Doc: "Tells the endpoints of the configuration (endpoints:) what must not be lost: a push is kept on the disk until its endpoint has answered with 2xx, over restarts too. " +
			"See eslua outbox for what waits.",
		Funcs: []vm.Func{{
			Name: "push",
			Params: []vm.Param{
				{Name: "endpoint", Kind: vm.String, Doc: "its name in the configuration"},
				{Name: "value", Kind: vm.Any, Most: outbox.MostBody, Doc: "what it is told: a table, which is sent as JSON, or a text, which is sent as it is"},
				{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "id: 1 to 55 letters, digits, - and _, instead of one that eslua makes; with a sign of the flow after it, it is the id by which the endpoint knows that it has the push already; " +
					"order: pushes of the flow with the same text arrive in the order in which they were pushed, instead of the uuid of the call, \"\" for any order; type: what it is about, such as call.ended; method: instead of POST; query = {name = value}"},
			},
			Results: []vm.Result{{Name: "id", Kind: vm.String, Doc: "the id of the push, which is kept now; nil if it could not be kept"}, {Name: "error", Kind: vm.String, Doc: "why it is not kept"}},
			Doc: "Keeps a push, and returns when it is on the disk; it is delivered in the background, signed as Standard Webhooks has it. It may arrive twice, with the same webhook-id. " +
				"Raises an error if the endpoint is not granted to the flow (grants: endpoints:), or an option is wrong. mod_lua does not have it.",
			Example: "local id, err = outbox.push(\"crm\", {state = \"answered\", caller = session:getVariable(\"caller_id_number\")}, {type = \"call.answered\"})\nif not id then freeswitch.consoleLog(\"err\", err .. \"\\n\") end",
			Go:      push,
		}},
	}
}

func push(a *vm.Args) error {
	s := a.Instance().(*pushes)
	p := outbox.Push{Endpoint: a.String(0), Flow: s.env.Flow}
	if s.env.Call != nil {
		p.Order = s.env.Call.UUID()
	}
	if err := s.env.Grants.CheckEndpoint(p.Endpoint); err != nil {
		return err
	}
	if s.outbox == nil {
		return fmt.Errorf("outbox.push: pushes are kept by eslua serve only")
	}
	if err := readOptions(a, &p); err != nil {
		return err
	}
	switch v := a.Value(1).(type) {
	case lua.LString:
		a.ChargeCPU(len(v) / 64)
		p.Body = []byte(v)
	default:
		text, err := luajson.Encode(a, v)
		if err != nil {
			return fmt.Errorf("outbox.push: %w", err)
		}
		p.Body = []byte(text)
	}
	if len(p.ID) > outbox.MostID {
		return fmt.Errorf("outbox.push: the id %.80q has more than %d bytes", p.ID, outbox.MostID)
	} else if p.ID != "" {
		p.ID = outbox.OwnID(p.Flow, p.ID)
	}
	if err := s.outbox.CheckPush(p); err != nil {
		return fmt.Errorf("outbox.push: %w", err)
	}
	if err := s.env.Quota.Write(0, int64(len(p.Body)+len(p.Query))+4096); err != nil {
		return fmt.Errorf("outbox.push: a push counts as what the script writes into files: %w", err)
	}
	ctx, stop := context.WithTimeout(a.Context(), keepWithin)
	defer stop()
	id, err := s.outbox.Accept(ctx, p)
	if err != nil {
		s.env.Log.Error("a push is not kept", "endpoint", p.Endpoint, "error", err)
		a.Return(lua.LNil, lua.LString(err.Error()))
		return nil
	}
	a.ReturnString(id)
	return nil
}

func readOptions(a *vm.Args, p *outbox.Push) error {
	t := a.Table(2)
	if t == nil {
		return nil
	}
	into := map[string]*string{"id": &p.ID, "order": &p.Order, "type": &p.Type, "method": &p.Method}
	query := url.Values{}
	var err error
	a.FillLibrary(t)
	t.ForEach(func(k, v lua.LValue) {
		a.ChargeCPU(8)
		name := lua.LVAsString(k)
		switch field := into[name]; {
		case err != nil:
		case field != nil && lua.LVCanConvToString(v):
			*field = lua.LVAsString(v)
		case name == "query":
			err = readQuery(a, v, query)
		default:
			err = fmt.Errorf("outbox.push: %.40s is a %s; the options are id, order, type and method, each a text, and query, a table", name, v.Type())
		}
	})
	p.Query, p.Method = query.Encode(), strings.ToUpper(p.Method)
	if p.Method == http.MethodGet && err == nil && lua.LVAsString(a.Value(1)) != "" {
		return fmt.Errorf("outbox.push: a push by GET has no body; give \"\" as its value, and a query")
	}
	return err
}

func readQuery(a *vm.Args, v lua.LValue, into url.Values) (err error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return fmt.Errorf("outbox.push: query is a %s; write query = {name = value}", v.Type())
	}
	a.FillLibrary(t)
	size := 0
	t.ForEach(func(k, v lua.LValue) {
		a.ChargeCPU(20)
		if size += len(k.String()) + len(v.String()); size > vm.MaxText {
			err = fmt.Errorf("outbox.push: query holds more than %d bytes", vm.MaxText)
			return
		}
		into.Set(k.String(), v.String())
	})
	return err
}
