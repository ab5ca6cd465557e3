package session

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A Call controls a channel for a session: an *outbound.Call, a *legs.Leg, or an
// attached channel. Only the script's goroutine uses it.
type Call interface {
	UUID() string
	IsOwn(ev esl.Event) bool
	Snapshot() esl.Event
	Execute(ctx context.Context, app, arg string) (esl.Event, error)
	ExecuteOpen(ctx context.Context, app, arg string) (esl.Event, error)
	ExecuteThen(ctx context.Context, app, arg, thenApp, thenArg string) (esl.Event, error)
	API(ctx context.Context, line string) (string, error)
	Interrupt(ctx context.Context) error
	Sleep(ctx context.Context, d time.Duration) error
	WaitEvent(ctx context.Context, d time.Duration, want func(esl.Event) bool) (esl.Event, error)
	WaitDigit(ctx context.Context, d time.Duration) (outbound.Digit, bool, error)
	PopDigit() (outbound.Digit, bool)
	PendingDigits() string
	TakeDigits() string
	PressedSince(time.Time) bool
	FlushDigits()
	Subscribe(ctx context.Context, names ...string) error
	Observe(fn func(esl.Event) (stop bool))
	Hangup(ctx context.Context, cause string) error
	TransferAtEnd(arg string) error
	HungUp() (cause string, yes bool)
	Moved() bool
	Transferred() bool
	AwaitHangup(ctx context.Context, d time.Duration)
	Answered() bool
	Bridged() bool
	MediaReady() bool
	State() string
}
