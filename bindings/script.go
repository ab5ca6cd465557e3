package bindings

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"github.com/eslua/eslua/bindings/api"
	"github.com/eslua/eslua/bindings/event"
	"github.com/eslua/eslua/bindings/file"
	"github.com/eslua/eslua/bindings/freeswitch"
	"github.com/eslua/eslua/bindings/session"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Script is what stands behind the bindings of one running script: the ports
// of all of them.
type Script struct {
	set      *Set
	state    *vm.State
	sessions *session.Sessions
	call     *outbound.Call // nil without one
	sw       Node
	listener string
	granted  granted
	log      *slog.Logger
	console  console
}

var (
	_ session.Host    = (*Script)(nil)
	_ event.Host      = (*Script)(nil)
	_ api.Host        = (*Script)(nil)
	_ freeswitch.Host = (*Script)(nil)
	_ file.Host       = (*Script)(nil)
	_ session.Call    = (*outbound.Call)(nil)
	_ session.Leg     = (*legs.Leg)(nil)
	_ Node            = (*outbound.Call)(nil)
	_ Node            = (*node.Link)(nil)
)

// Node is the FreeSWITCH a script's API commands and events go to: that of its
// call, or for scripts without one a *node.Link or what stands for it.
type Node interface {
	API(ctx context.Context, line string) (string, error)
	BgAPI(ctx context.Context, line string) (string, error)
	SendEvent(ctx context.Context, name string, headers [][2]string, body string) error
}

// End does what the end of a script does to its channels: transfers that were
// asked for happen, sessions with auto-hangup are hung up, dialled legs are
// given back. Call it once the script has run, however that went, before the
// call is given back or hung up, with the script's ctx. If that has ended, the
// host stops: the call is another host's to go on with and not hung up.
func (b *Script) End(ctx context.Context) { b.sessions.End(ctx) }

// Sessions are the script's.
func (b *Script) Sessions() *session.Sessions { return b.sessions }

// API runs an API command of the bindings' own where the call is, else on the
// node.
func (b *Script) API(ctx context.Context, line string) (string, error) { return b.sw.API(ctx, line) }

// Event is the Lua object of an event FreeSWITCH sent.
func (b *Script) Event(in esl.Event) lua.LValue { return event.Wrap(b.set.events, b.state, b, in) }

// Console writes a script's line to the log.
func (b *Script) Console(level, text string) { b.console.write(level, text) }

// ReadFile is what a file of the script's generation holds.
func (b *Script) ReadFile(name string) (string, error) {
	text, err := b.state.ReadFile(name)
	if errors.As(err, new(*store.NotFoundError)) {
		err = fs.ErrNotExist
	}
	return text, err
}

// CheckRead tells where a file lies that the script may read. The error is a
// *grant.RefusedError if it may not.
func (b *Script) CheckRead(file string) (dir, name string, err error) {
	return b.granted.CheckRead(file)
}

// Running tells whether there is a FreeSWITCH to talk to.
func (b *Script) Running(ctx context.Context) bool {
	if b.call == nil {
		_, err := b.sw.API(ctx, "global_getvar core_uuid")
		return err == nil
	}
	err := b.call.Sleep(ctx, 0)
	return !errors.As(err, new(*esl.DisconnectError))
}

// Log is the script's log.
func (b *Script) Log() *slog.Logger { return b.log }

// Clock is the host's.
func (b *Script) Clock() clock.Clock { return b.set.deps.Clock }

// nowhere is the FreeSWITCH of a script that has none.
type nowhere struct{}

var errNowhere = errors.New("this script has no FreeSWITCH: name one with --esl HOST:PORT or in the configuration (nodes:), or run the script for a call")

func (nowhere) API(context.Context, string) (string, error)   { return "", errNowhere }
func (nowhere) BgAPI(context.Context, string) (string, error) { return "", errNowhere }
func (nowhere) SendEvent(context.Context, string, [][2]string, string) error {
	return errNowhere
}
