package testproc

import (
	"context"
	"errors"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// A test in a bubble hangs when so much of the bubble's time has passed, in which
// heartbeats and scans go on for ever.
const bubbleLimit = 24 * time.Hour

var errBubbleHangs = errors.New("the test hangs: a day of its bubble's time has passed")

// Bubble runs a test in a bubble of testing/synctest, in which time passes only while
// everybody waits. When the test hangs, each BubbleContext ends, and soon after it the
// process, with the stacks of its goroutines.
func Bubble(t *testing.T, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		WatchBubble(t)
		test(t)
	})
}

// WatchBubble does in a bubble of synctest.Test what Bubble does.
func WatchBubble(t testing.TB) {
	hangs := time.AfterFunc(bubbleLimit+time.Hour, func() {
		debug.SetTraceback("all")
		panic(t.Name() + ": " + errBubbleHangs.Error())
	})
	t.Cleanup(func() { hangs.Stop() })
}

// BubbleContext does for a test in a bubble what Context does for others.
func BubbleContext(t testing.TB) context.Context {
	ctx, end := context.WithTimeoutCause(t.Context(), bubbleLimit, errBubbleHangs)
	t.Cleanup(end)
	return ctx
}
