// Package natsbubble lets tests in bubbles of testing/synctest use NATS.
package natsbubble

import (
	"context"
	"os"
	"runtime"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/eslua/eslua/host/testproc"
)

// Main runs the tests of a package beside a server that outlives them all: the first
// file store of a process starts a goroutine (nats-server, server/ats), which must not
// belong to a test's bubble. By its time, which is not that of a bubble, whatever a bubble
// keeps for a limited time is old: it goes when a stream is made that exists. Main fails if a goroutine outlives the tests and the server.
func Main(m testproc.TestingM) {
	stop, err := Hold()
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(held{testproc.Watched(m), stop})
}

// held are tests beside the server.
type held struct {
	testproc.TestingM
	stop func()
}

func (h held) Run() int {
	defer h.stop()
	return h.TestingM.Run()
}

// Hold starts the server that Main has, for packages with a TestMain of their own.
func Hold() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "nats")
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, JetStream: true, StoreDir: dir})
	if err != nil {
		return nil, err
	}
	s.Start()
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err == nil {
		_, err = js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "first"})
	}
	return func() {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
		_ = os.RemoveAll(dir)
	}, err
}

// Bubble does what testproc.Bubble does, and empties the pools of timers that NATS'
// client has (nats.go, timer.go): a timer of one bubble must not get into the next.
func Bubble(t *testing.T, test func(t *testing.T)) {
	defer func() { // a test that fails ends its goroutine
		runtime.GC()
		runtime.GC() // a pool survives one collection
	}()
	testproc.Bubble(t, test)
}
