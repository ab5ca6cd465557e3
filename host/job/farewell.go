package job

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
)

// A Hangup describes the script that is to run after the hangup of a call.
type Hangup struct {
	UUID       string
	Core       string // the Core-UUID of its FreeSWITCH
	Script     config.Script
	Generation *store.Generation // the call's
	Log        *slog.Logger
}

// A Farewell waits for the hangup of one call. Run, Await or Drop ends it.
//
// Whoever serves the call learns of its hangup. A call that its flow has let go on, to
// another extension or back to its dialplan, hangs up later, which the node tells.
type Farewell struct {
	Hangup
	source *Source
	link   *node.Link         // of the call's FreeSWITCH; nil: it is not known
	sub    *node.Subscription // to its last event
}

// variable matches a variable in the arguments of on_hangup.
var variable = regexp.MustCompile(`\$\{[^${}]+\}`)

// maxGoodbye limits how long a script may run after a hangup.
const maxGoodbye = time.Minute

// Farewell begins to wait for the hangup of a call.
func (s *Source) Farewell(h Hangup) *Farewell {
	f := &Farewell{Hangup: h, source: s}
	i := slices.IndexFunc(s.deps.Nodes, func(l *node.Link) bool { return h.Core != "" && l.Status().CoreUUID == h.Core })
	if i < 0 {
		return f
	}
	f.link = s.deps.Nodes[i]
	f.sub = f.link.Subscribe(node.Bounds{Events: 1})
	f.sub.Filter("Unique-ID", h.UUID)
	if err := f.sub.Add(node.Interest{Event: "CHANNEL_HANGUP_COMPLETE"}); err != nil {
		f.Log.Error("the end of the call cannot be waited for", "error", err)
	}
	return f
}

// Run runs the script with the last event of the call.
func (f *Farewell) Run(ctx context.Context, last esl.Event) {
	f.Drop()
	var sw run.Switch
	if f.link != nil {
		sw = f.link
	}
	env := environment(last)
	args := f.Script.Args()
	for i, arg := range args {
		args[i] = variable.ReplaceAllStringFunc(arg, func(name string) string { return env.Get(name[2 : len(name)-1]) })
	}
	_ = f.source.run(ctx, job{ // it has logged the error
		kind: Goodbye, name: f.Script.Name(), args: args, sw: sw, timeout: maxGoodbye,
		channel: f.UUID, given: map[string]any{"env": env}, pinned: f.Generation,
	})
}

// environment returns the channel's data as an API command gets them that FreeSWITCH runs
// after a hangup: each variable by its name, and then what describes the channel, in the
// state in which the command runs (switch_core_state_machine.c:api_hook).
func environment(last esl.Event) esl.Event {
	variables, headers := [][2]string(nil), [][2]string{{"Event-Name", "CHANNEL_DATA"}}
	for name, value := range last.All() {
		switch {
		case ofEvent.MatchString(name):
			continue
		case name == "Channel-State":
			value = "CS_HANGUP"
		case name == "Channel-State-Number":
			value = "10"
		}
		if variable, ok := strings.CutPrefix(name, "variable_"); ok {
			variables = append(variables, [2]string{variable, value})
		}
		headers = append(headers, [2]string{name, value})
	}
	return esl.NewEvent(append(variables, headers...), last.Body())
}

// ofEvent matches the headers that describe an event and not its channel.
var ofEvent = regexp.MustCompile(`^(Event-|FreeSWITCH-|Core-UUID$)`)

// Await runs the script when the call, which goes on, hangs up.
func (f *Farewell) Await(ctx context.Context) {
	if f.sub == nil {
		f.Log.Warn("on_hangup does not run for a call that goes on without its flow: eslua has no control connection to its FreeSWITCH (nodes)", "script", f.Script.Name())
		return
	}
	later := func(ctx context.Context) {
		switch last, err := f.last(ctx); {
		case errors.Is(err, errMissed):
			f.Log.Warn("on_hangup does not run: the call has hung up while eslua had no control connection to its FreeSWITCH", "script", f.Script.Name())
			f.Drop()
		case err != nil:
			f.Log.Warn("on_hangup does not run: eslua has ended before the call", "script", f.Script.Name())
			f.Drop()
		default:
			f.Run(ctx, last)
		}
	}
	select {
	case f.source.background <- later:
	case <-ctx.Done():
		f.Drop()
	}
}

// lookEvery is the interval at which a wait for a call's last event looks whether the node has been
// connected again: the event may have been missed meanwhile.
const lookEvery = 30 * time.Second

var errMissed = errors.New("the event was missed")

// last waits for the last event of the call; the error is errMissed if there will be none.
func (f *Farewell) last(ctx context.Context) (esl.Event, error) {
	connects := f.link.Status().Connects
	for {
		wait, stop := context.WithCancel(ctx)
		look := f.source.deps.Clock.AfterFunc(lookEvery, stop)
		last, err := f.sub.Next(wait)
		look.Stop()
		stop()
		if err == nil || ctx.Err() != nil || errors.Is(err, node.ErrClosed) {
			return last, err
		}
		now := f.link.Status()
		if !now.Up || now.Connects == connects {
			continue
		}
		switch exists, err := f.link.API(ctx, syntax.ForChannel("uuid_exists", f.UUID, "")); {
		case err != nil:
			continue
		case strings.TrimSpace(exists) != "false":
			connects = now.Connects
			continue
		}
		if last, ok := f.sub.Poll(); ok {
			return last, nil
		}
		return esl.Event{}, errMissed
	}
}

// Drop ends the wait.
func (f *Farewell) Drop() {
	if f.sub != nil {
		f.sub.Close()
	}
}
