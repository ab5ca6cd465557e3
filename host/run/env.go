package run

import (
	"context"
	"errors"
	"log/slog"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// Env is the environment of one run, as bindings see it.
type Env struct {
	State *vm.State
	// Switch gets the script's API commands and events: the FreeSWITCH of its
	// call or, without a call, a node. It is never nil; see NoSwitch.
	Switch Switch
	// Call is the call that the script serves; nil in a run without a call.
	Call *outbound.Call
	// Checkpoint keeps the call's checkpoint; nil in a run without a call.
	Checkpoint *checkpoint.Checkpoint
	// Listener is the host:port at which FreeSWITCH reaches this host's listener;
	// "" if there is none, and then no leg can be dialled.
	Listener string
	Grants   *grant.Grants
	Log      *slog.Logger
	// Console writes the lines that the script itself logs or prints.
	Console *Console
	Clock   clock.Clock
}

// Switch runs API commands on a FreeSWITCH and fires events into it.
type Switch interface {
	API(ctx context.Context, line string) (string, error)
	BgAPI(ctx context.Context, line string) (string, error)
	SendEvent(ctx context.Context, name string, headers [][2]string, body string) error
}

// Binder binds everything a script can call to the environment of its run.
// end is called once when the script has ended, however that went, with the
// context of the run; that has ended too when the host stops.
type Binder interface {
	Bind(*Env) (end func(context.Context))
}

// NoSwitch is the Switch of a run that has none: each method returns an error
// that says how to name one.
type NoSwitch struct{}

var errNoSwitch = errors.New("this script has no FreeSWITCH: name one with --esl HOST:PORT or in the configuration (nodes:), or run the script for a call")

// API returns an error.
func (NoSwitch) API(context.Context, string) (string, error) { return "", errNoSwitch }

// BgAPI returns an error.
func (NoSwitch) BgAPI(context.Context, string) (string, error) { return "", errNoSwitch }

// SendEvent returns an error.
func (NoSwitch) SendEvent(context.Context, string, [][2]string, string) error { return errNoSwitch }
