// Package bindings lists everything a script can call, and ties it to the call
// or the node a script runs for. Each sub-package owns one Lua name and sees
// the world through a port of its own; what stands behind those ports is here.
package bindings

import (
	"log/slog"

	"github.com/eslua/eslua/bindings/api"
	"github.com/eslua/eslua/bindings/dial"
	"github.com/eslua/eslua/bindings/event"
	"github.com/eslua/eslua/bindings/file"
	"github.com/eslua/eslua/bindings/freeswitch"
	"github.com/eslua/eslua/bindings/session"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// Deps are what the bindings share between all scripts.
type Deps struct {
	Legs  *legs.Registry // dials legs for scripts; nil: no script can dial
	Clock clock.Clock    // nil is the system's
}

// Set is all bindings, declared once and shared by all states of a Machine.
type Set struct {
	deps Deps

	events, apis, sessions, json, files *vm.Class
}

// New declares the bindings.
func New(d Deps) *Set {
	if d.Clock == nil {
		d.Clock = clock.System()
	}
	events := event.Class()
	return &Set{
		deps: d, events: events, apis: api.Class(), sessions: session.Class(events),
		json: freeswitch.JSONClass(), files: file.Class(),
	}
}

// Classes are the kinds of objects scripts get, for vm.NewMachine; a class
// comes before those whose methods take its objects.
func (s *Set) Classes() []*vm.Class {
	return []*vm.Class{s.events, s.sessions, s.apis, s.json, s.files}
}

// Modules are the global tables, for vm.NewMachine.
func (s *Set) Modules() []*vm.Module {
	constructors := append(session.Constructors(s.sessions),
		event.Constructor(s.events), api.Constructor(s.apis), freeswitch.JSON(s.json))
	return []*vm.Module{
		freeswitch.Module(constructors...),
		file.Module(s.files),
		{Doc: "Functions that are globals.", Funcs: []vm.Func{dial.Func()}, Absent: absent()},
	}
}

// Bind makes a fresh state one for a script that serves a call: the globals
// session and, under the channel's uuid, the same again. keep is the run's
// checkpoint; grants are the flow's, nil is grant.Default(); log is the script's. End the Script once it has run.
func (s *Set) Bind(st *vm.State, call *outbound.Call, keep *checkpoint.Keeper, grants *grant.Grants, log *slog.Logger) *Script {
	b := s.bind(st, call, call.Addr(), grants, log)
	b.call = call
	b.sessions.Main(call, keep)
	return b
}

// BindNode makes a fresh state one for a script without a call. node may be
// nil: what needs a FreeSWITCH then raises an error that says so. listener is
// host:port at which FreeSWITCH reaches this host's outbound listener, "" if
// there is none: legs can then not be dialled. grants and log are as in Bind.
// End the Script once it has run.
func (s *Set) BindNode(st *vm.State, node Node, listener string, grants *grant.Grants, log *slog.Logger) *Script {
	if node == nil {
		return s.bind(st, nowhere{}, "", grants, log)
	}
	return s.bind(st, node, listener, grants, log)
}

func (s *Set) bind(st *vm.State, sw Node, listener string, grants *grant.Grants, log *slog.Logger) *Script {
	b := &Script{set: s, state: st, sw: sw, listener: listener, granted: newGranted(grants, listener), log: log}
	b.console = console{log: log, clock: s.deps.Clock}
	b.sessions = session.NewSessions(b, st, s.sessions)
	st.Bind("freeswitch", b)
	st.Bind("io", b)
	return b
}
