package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// An Env shows bindings the environment of one run.
type Env struct {
	State *vm.State
	// Flow is the name of the flow, or of the script of a job.
	Flow string
	// Switch gets the script's API commands and events: the FreeSWITCH of its
	// call or, without a call, a node. It is never nil; see NoSwitch.
	Switch Switch
	// Call is the call that the script serves; nil in a run without a call.
	Call *outbound.Call
	// Channel is the UUID of the channel that a run without a call is about, such as
	// that of a hook's event; "" if there is none. The script may act on it.
	Channel string
	// Given are the globals that the source of the run gives to the script: an
	// esl.Event becomes an object of the class Event that cannot be fired, and a
	// map[string]any a table.
	Given map[string]any
	// Hook takes what a script under hooks/ wants to be called for; nil in other runs.
	Hook *Hook
	// Message is the message of a queue for which the script runs, nil if it is not for one.
	Message *queue.Delivery
	// Scripts are those of the run; nil: they are not known.
	Scripts Scripts
	// Args are the arguments of the script, argv[1] and so on.
	Args []string
	// Checkpoint keeps the call's checkpoint; nil in a run without a call.
	Checkpoint *checkpoint.Checkpoint
	// Listener is the host:port at which FreeSWITCH reaches this host's listener;
	// "" if there is none, and then no leg can be dialled.
	Listener string
	Grants   *grant.Grants
	// Quota bounds what the run writes into files; nil: nothing does.
	Quota *Quota
	// Written is that of Deps.
	Written func(dir string) (instead string, err error)
	// Root is the absolute path of the script directory; "" if there is none.
	Root string
	// Burden bounds what the run has FreeSWITCH start and keep; nil: nothing does.
	Burden *grant.Burden
	// Gates bound the API commands that a FreeSWITCH runs at a time; nil: nothing does.
	Gates *node.Gates
	Log   *slog.Logger
	// Console writes the lines that the script itself logs or prints.
	Console *Console
	// Print gets the lines that the script prints.
	Print func(line string)
	Clock clock.Clock

	entry   *entry          // of the run in its Account
	failure error           // of the first callback that failed
	prompts map[string]bool // that FreeSWITCH could not play
	// scriptDir is FreeSWITCH's script directory; nil: not asked for.
	scriptDir *string
	met       map[*node.Link]bool // nodes that were chosen for the script
}

// CheckFlow returns why calls cannot be given to a flow: the run's scripts have none of this name.
func (e *Env) CheckFlow(name string) error {
	if e.Scripts == nil {
		return nil
	}
	_, err := e.Scripts.Script(name)
	return err
}

// FlowMeant returns the error for an application that is not granted as what a callee gets: if the
// name is a flow's, that may be meant.
func (e *Env) FlowMeant(app string, refused error) error {
	if app == "" || e.Scripts == nil || !strings.Contains(refused.Error(), strconv.Quote(app)) || e.CheckFlow(app) != nil {
		return refused
	}
	return fmt.Errorf("on_answer: the application %q is not granted; the flow of this name is on_answer = %[1]q", app)
}

// CallbackFailed notes that a callback of the script failed and the script goes on:
// the run counts as failed.
func (e *Env) CallbackFailed(err error) {
	if e.failure == nil && blames(err) {
		e.failure = err
	}
}

// PromptFailed counts a prompt that FreeSWITCH could not play. It reports false if
// the run has said so of that file before.
func (e *Env) PromptFailed(file string) (first bool) {
	const most = 100
	if e.prompts[file] || len(e.prompts) == most {
		return false
	}
	if e.prompts == nil {
		e.prompts = map[string]bool{}
	}
	e.prompts[file] = true
	e.entry.promptFailed(file)
	return true
}

// An Exit ends a script that wants to end. It is no failure.
type Exit string

func (e Exit) Error() string { return string(e) }

// Allowed returns what a check of a text for FreeSWITCH returns. If only a channel
// that is not the script's own is in its way, it asks FreeSWITCH whether that
// channel is connected to one that is, or was dialled by it, and checks again. It does so
// too if only a common burden is in its way, and FreeSWITCH has room.
func (e *Env) Allowed(ctx context.Context, check func() error) error {
	for {
		err := check()
		var full *grant.BurdenError
		if errors.As(err, &full) && full.Common != nil && full.Room && full.Common.Due() && e.roomy(ctx) {
			full.Common.Renew()
			continue
		}
		var refused *grant.RefusedError
		if !errors.As(err, &refused) || refused.Channel == "" || !e.connected(ctx, refused.Channel) {
			return err
		}
		e.Grants.Mine.Learn(refused.Channel)
	}
}

// connected reports whether a channel belongs to one of the script's own.
func (e *Env) connected(ctx context.Context, uuid string) bool {
	if len(uuid) > 64 || strings.Trim(strings.ToLower(uuid), "0123456789abcdefghijklmnopqrstuvwxyz-_") != "" {
		return false
	}
	for _, name := range []string{"signal_bond", "originate_signal_bond", "originator"} {
		other, err := e.Switch.API(ctx, syntax.ForChannel("uuid_getvar", uuid, name))
		if err == nil && e.Grants.Mine.Has(strings.TrimSpace(other)) {
			return true
		}
	}
	return false
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

// NoSwitch stands in for the Switch of a run that has none: each method returns an error
// that says how to name one.
type NoSwitch struct{}

var errNoSwitch = errors.New("this script has no FreeSWITCH: name one with --esl HOST:PORT or in the configuration (nodes:), or run the script for a call")

// API returns an error.
func (NoSwitch) API(context.Context, string) (string, error) { return "", errNoSwitch }

// BgAPI returns an error.
func (NoSwitch) BgAPI(context.Context, string) (string, error) { return "", errNoSwitch }

// SendEvent returns an error.
func (NoSwitch) SendEvent(context.Context, string, [][2]string, string) error { return errNoSwitch }
