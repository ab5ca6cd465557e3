package outbound_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
)

// A Server runs a function for every call that FreeSWITCH hands over.
func ExampleServer() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := outbound.New(outbound.Config{}, func(ctx context.Context, c *outbound.Call) {
		_, _ = c.Execute(ctx, "answer", "")
		ev, err := c.Execute(ctx, "playback", "welcome.wav")
		fmt.Println(c.Path(), ev.Get("Application-Response"), err)
		_ = c.Hangup(ctx, "NORMAL_CLEARING")
	}, slog.New(slog.DiscardHandler), clock.System())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, l) }()

	// Instead of a FreeSWITCH, a simulated one makes the call.
	sim := switchsim.New(switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "1000", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/greeting async full"}}},
	}}})
	call := sim.Call(switchsim.Caller{Destination: "1000"})
	<-call.Done()
	fmt.Println(call.Cause())

	stop()
	fmt.Println(<-served, sim.Close())
	// Output:
	// greeting FILE PLAYED <nil>
	// NORMAL_CLEARING
	// <nil> <nil>
}
