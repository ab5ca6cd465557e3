// Package esl owns ESL.ESLconnection: the event socket library's connection
// (libs/esl/src/esl_oop.cpp), to a FreeSWITCH that the script is granted, or to the call
// that the script serves. The library's events are those of bindings/event.
package esl

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table ESL.
type Module struct{ Dialer *network.Dialer }

// mostOpen bounds the connections that a script may hold.
const mostOpen = 4

// connections holds the connections of one run.
type connections struct {
	env    *run.Env
	dialer *network.Dialer
	open   map[*remote]bool
	own    *own // nil: none yet
}

// Bind returns the run's connections.
func (m Module) Bind(env *run.Env) any {
	return &connections{env: env, dialer: m.Dialer, open: map[*remote]bool{}}
}

// Holds counts the events of open connections, also those that the script has forgotten.
func (s *connections) Holds(func(lua.LValue)) (bytes int) {
	for r := range s.open {
		bytes += r.holds()
	}
	return bytes
}

// End closes what the script has forgotten.
func (s *connections) End(context.Context) {
	for r := range s.open {
		r.disconnect()
	}
}

// A connection is an object of ESLconnection.
type connection struct {
	link  link
	async bool // setAsyncExecute
	lock  bool // setEventLock
}

// Holds returns the bytes of the events that the script has not taken yet.
func (c *connection) Holds(func(lua.LValue)) int { return c.link.holds() }

// A link carries what a connection says. ok is false when there is no answer.
type link interface {
	connected() bool
	disconnect()
	info() (e esl.Event, ok bool)
	send(a *vm.Args, command string) error
	ask(a *vm.Args, command string) (answer esl.Event, ok bool, err error)
	execute(a *vm.Args, x execution) (answer esl.Event, ok bool, err error)
	// receive waits for an event; with limit < 0 for as long as the connection lasts.
	receive(a *vm.Args, limit time.Duration) (e esl.Event, ok bool, err error)
	holds() int
}

// An execution is an application to run on a channel.
type execution struct {
	app, arg, uuid string
	async, lock    bool
}

// Declare declares the table and its connection.
func (m Module) Declare() *vm.Module {
	text := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
	return &vm.Module{
		Outside: true,
		CText:   true, Name: "ESL", AfterHangup: "Works as before: it does not concern the call, but for a connection to the call itself, which has ended.",
		Doc:     "The event socket library of FreeSWITCH, for scripts that were written for it; require \"ESL\" returns it.",
		Classes: []*vm.Class{class()},
		Funcs: []vm.Func{
			{
				Name: "ESLconnection", Inside: func(a *vm.Args) bool { return a.Len() == 1 },
				Params: []vm.Param{
					text("host", "a host and port that the flow is granted (grants: hosts:); or, as the only argument, any number: the connection to the call that the script serves"),
					{Name: "port", Kind: vm.String, Optional: true, Default: "none", Doc: "the port of the event socket"},
					{Name: "user", Kind: vm.String, Optional: true, Default: "none", Doc: "user@domain; absent if only the password follows"},
					{Name: "password", Kind: vm.String, Optional: true, Default: "none", Doc: "the password"},
				},
				Results: []vm.Result{{Name: "con", Kind: vm.Object, Class: "ESLconnection", Doc: "the connection; whether it succeeded says con:connected()"}},
				Doc:     "Connects to the event socket of a FreeSWITCH, within 5 seconds. Raises an error if the host is not granted to the flow. " + fmt.Sprintf("A script may hold %d connections.", mostOpen),
				Example: "local ESL = require \"ESL\"\nlocal con = ESL.ESLconnection(\"127.0.0.1\", \"8021\", \"ClueCon\")\nif con:connected() == 1 then print(con:api(\"status\"):getBody()) end",
				Go:      connect,
			},
			{
				Name: "eslSetLogLevel", Params: []vm.Param{{Name: "level", Kind: vm.Int, Doc: "0 to 7"}},
				Doc:     "Does nothing: what a connection says is not logged.",
				Example: "require(\"ESL\").eslSetLogLevel(7)",
				Go:      func(*vm.Args) error { return nil },
			},
		},
	}
}

func connect(a *vm.Args) error {
	s := a.Instance().(*connections)
	l, err := s.link(a)
	if err != nil {
		return err
	}
	a.ChargeMemory(1024)
	a.Return(a.State().NewObject("ESLconnection", &connection{link: l}))
	return nil
}

func (s *connections) link(a *vm.Args) (link, error) {
	if a.Len() == 1 {
		if s.env.Call == nil {
			return nil, errors.New("ESLconnection: this script serves no call; give host, port and password")
		}
		if s.own == nil {
			s.own = newOwn(s.env)
		}
		s.own.over = false
		return s.own, nil
	}
	port, err := strconv.ParseUint(a.String(1), 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("ESLconnection: %.40q is no port from 1 to 65535", a.String(1))
	}
	for r := range s.open {
		if !r.connected() {
			delete(s.open, r)
		}
	}
	if len(s.open) >= mostOpen {
		return nil, fmt.Errorf("ESLconnection: the script holds %d connections; disconnect one first", mostOpen)
	}
	if s.dialer == nil {
		return nil, errors.New("ESLconnection: this program connects to nothing")
	}
	r, err := s.dial(a, uint16(port))
	if r != nil {
		s.open[r] = true
	}
	return r, err
}
