// Package bindings lists the modules that scripts can use and binds them to the
// environment of a run. Each sub-package is one module; none of them imports
// another.
package bindings

import (
	"context"
	"strings"

	"github.com/eslua/eslua/bindings/api"
	dialling "github.com/eslua/eslua/bindings/campaign"
	"github.com/eslua/eslua/bindings/consumer"
	databases "github.com/eslua/eslua/bindings/database"
	"github.com/eslua/eslua/bindings/dial"
	"github.com/eslua/eslua/bindings/digest"
	"github.com/eslua/eslua/bindings/esl"
	"github.com/eslua/eslua/bindings/event"
	"github.com/eslua/eslua/bindings/file"
	"github.com/eslua/eslua/bindings/freeswitch"
	"github.com/eslua/eslua/bindings/hook"
	"github.com/eslua/eslua/bindings/http"
	"github.com/eslua/eslua/bindings/json"
	"github.com/eslua/eslua/bindings/jsonlib"
	"github.com/eslua/eslua/bindings/kv"
	"github.com/eslua/eslua/bindings/mail"
	"github.com/eslua/eslua/bindings/mime"
	pushes "github.com/eslua/eslua/bindings/outbox"
	"github.com/eslua/eslua/bindings/queue"
	"github.com/eslua/eslua/bindings/session"
	"github.com/eslua/eslua/bindings/socket"
	"github.com/eslua/eslua/bindings/stream"
	"github.com/eslua/eslua/bindings/system"
	"github.com/eslua/eslua/bindings/uuids"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/freeswitch/node"
	buckets "github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/outbox"
	queues "github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A Module gives scripts the functions and classes of one package.
type Module interface {
	// Declare describes the module. It is called once; all runs share the result.
	Declare() *vm.Module
	// Bind returns the module's instance for one run, which its functions and
	// methods get as vm.Args.Instance. It may be env itself. If the instance is
	// an Ender, its End is called when the script has ended.
	Bind(env *run.Env) any
}

// Ender has to tidy up after its script.
type Ender interface {
	// End is called once, however the script ended. If ctx has ended, so has the
	// host.
	End(ctx context.Context)
}

// Deps lists the services that the modules share between all runs.
type Deps struct {
	Legs      *legs.Registry      // dials legs for scripts; nil: no script can dial
	Databases *database.Databases // nil: there are none
	Nodes     []*node.Link        // whose events scripts can consume
	HTTP      *network.Client     // nil: no script can ask a server
	Dialer    *network.Dialer     // nil: no script can connect to a port
	Mailer    *network.Mailer     // nil: no script can send mail
	Outbox    *outbox.Outbox      // nil: no script can push
	Buckets   *buckets.Buckets    // nil: no script can keep values
	Queues    *queues.Queues      // nil: there are none
	Campaigns *campaign.Campaigns // likewise
}

// modules returns everything scripts can use: the one list.
func modules(d Deps) []Module {
	return []Module{
		globals{},
		exit{},
		freeswitch.Module{},
		session.Module{Legs: d.Legs},
		event.Module{},
		consumer.Module{Nodes: d.Nodes},
		hook.Module{},
		api.Module{}, api.Nodes{Nodes: d.Nodes},
		dial.Module{Nodes: d.Nodes, Legs: d.Legs},
		json.Module{},
		mime.Mime{}, mime.LTN12{}, socket.Module{Dialer: d.Dialer}, socket.DNS{Dialer: d.Dialer}, socket.URL{},
		digest.MD5{}, digest.SHA1{}, digest.SHA2{}, uuids.Module{},
		jsonlib.CJSON{}, jsonlib.Safe{}, jsonlib.DKJSON{}, jsonlib.Lunajson{}, jsonlib.JSON{},
		stream.Module{},
		databases.Dbh{Databases: d.Databases},
		databases.Bound{Databases: d.Databases},
		databases.LuaSQL{Name: "sqlite3", Classes: true}, databases.LuaSQL{Name: "postgres"},
		databases.LuaSQL{Name: "mysql"}, databases.LuaSQL{Name: "odbc"},
		http.Module{Client: d.HTTP}, http.LuaSocket{Client: d.HTTP}, http.LuaSec{Client: d.HTTP},
		mail.Module{Mailer: d.Mailer},
		pushes.Module{Outbox: d.Outbox},
		kv.Module{Buckets: d.Buckets},
		queue.Module{Queues: d.Queues},
		dialling.Module{Campaigns: d.Campaigns, Databases: d.Databases, Nodes: d.Nodes},
		event.ESL{},
		esl.Module{Dialer: d.Dialer},
		file.Module{}, file.Changes{}, file.LFS{}, system.OS{}, system.IO{},
	}
}

// A Set declares its modules once and binds them to each run. It is a
// run.Binder.
type Set struct {
	modules  []Module
	declared []*vm.Module // in the same order
}

// New declares the modules of eslua, and more if there are any.
func New(d Deps, more ...Module) *Set {
	s := &Set{modules: append(modules(d), more...)}
	for _, m := range s.modules {
		s.declared = append(s.declared, m.Declare())
	}
	return s
}

// Modules returns the declarations, for vm.NewMachine and the reference.
func (s *Set) Modules() []*vm.Module { return s.declared }

// Bind binds all modules to a run. Without Grants the run has those of
// grant.Default.
func (s *Set) Bind(env *run.Env) (end func(context.Context)) {
	env.Grants = ownGrants(env)
	var enders []Ender
	for i, m := range s.modules {
		instance := m.Bind(env)
		env.State.Bind(s.declared[i], instance)
		if ender, ok := instance.(Ender); ok {
			enders = append(enders, ender)
		}
	}
	for name, value := range env.Given {
		env.State.SetGlobal(name, given(env.State, value))
	}
	return func(ctx context.Context) {
		for _, ender := range enders {
			ender.End(ctx)
		}
	}
}

// given returns what a source of runs gives to its script as a value of Lua.
func given(s *vm.State, value any) lua.LValue {
	if table, ok := value.(map[string]any); ok {
		return s.Table(table)
	}
	return s.NewObject("Event", value)
}

// ownGrants copies the grants of a flow for one run, which acts on its own call and
// on the channels that its arguments name, unless they are a part of the number that was
// dialled: anybody may dial, and a script may transfer its call to, what it likes. Only
// UUIDs name channels there, because only those are looked for in what another script
// hands on (grant's check of the application socket).
func ownGrants(env *run.Env) *grant.Grants {
	own := grant.Default()
	if env.Grants != nil {
		own = *env.Grants
	}
	own.Own, own.Mine, own.Burden = nil, new(grant.Channels), env.Burden
	if env.Listener != "" {
		own.Own = []string{env.Listener}
	}
	if env.Channel != "" {
		own.Mine.Add(env.Channel)
	}
	dialled := ""
	if env.Call != nil {
		own.Mine.Add(env.Call.UUID())
	}
	if env.Call != nil && len(env.Args) > 0 {
		dialled = strings.ToLower(env.Call.Snapshot().Get("Caller-Destination-Number"))
	}
	for _, arg := range env.Args {
		if grant.IsUUID(arg) && !strings.Contains(dialled, strings.ToLower(arg)) {
			own.Mine.Add(arg)
		}
	}
	return &own
}
