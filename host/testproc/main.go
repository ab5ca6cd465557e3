// Package testproc is for the processes in which tests run: one that hangs ends
// itself, however long go test would wait for it, and a child whose memory or time
// is limited runs without the race detector.
package testproc

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

// A TestingM is a *testing.M, or what wraps it.
type TestingM interface{ Run() int }

// Main runs the tests of a package, which may leave no goroutine behind. When they
// hang, each Context ends, and soon after it the process, with the stacks of its
// goroutines.
func Main(m TestingM) { goleak.VerifyTestMain(Watched(m)) }

// Watched does the same for a TestMain of its own kind.
func Watched(m TestingM) TestingM { return watched{m} }

type watched struct{ TestingM }

func (w watched) Run() int {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		watch(ended)
	}()
	defer func() { close(ended); <-done }()
	return w.TestingM.Run()
}

// Context returns a context that ends with the test, or when the tests hang, which is
// its cause then. It is not for a bubble of testing/synctest.
func Context(t testing.TB) context.Context {
	ctx, end := context.WithCancelCause(t.Context())
	context.AfterFunc(hanging, func() { end(context.Cause(hanging)) })
	return ctx
}
