package durable

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Nobody who asks for the status waits for a server that lets a connection wait.
func TestStatusWaitsForNoConnection(t *testing.T) {
	dialled, answers := make(chan bool), make(chan bool)
	var once sync.Once
	dial := func(context.Context, string) (net.Conn, error) {
		once.Do(func() { close(dialled) })
		<-answers
		return nil, errors.New("nobody is there")
	}
	s := New(config.Default().NATS, t.TempDir(), Network{Dial: dial}, slog.New(slog.DiscardHandler), clock.System())
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			if _, err := s.JetStream(); err != nil {
				t.Error(err)
			}
		})
	}
	<-dialled
	if s.Status().Connected {
		t.Error("it is connected to nobody")
	}
	close(answers)
	users.Wait()
	s.close()
}
