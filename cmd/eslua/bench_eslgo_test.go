package main

import (
	"context"
	"net"
	"time"

	"github.com/percipia/eslgo"
	eslcommand "github.com/percipia/eslgo/command"
	eslcall "github.com/percipia/eslgo/command/call"
)

// eslgoServer serves calls with a plain handler on eslgo. Its listener cannot be stopped and outlives ctx.
func eslgoServer(ctx context.Context, l net.Listener) {
	addr := l.Addr().String()
	_ = l.Close() // it opens its own
	opts := eslgo.DefaultOutboundOptions
	opts.Logger = eslgo.NilLogger{}
	opts.ConnectionDelay = 0 // its fixed pause costs time and no CPU
	go func() { _ = opts.ListenAndServe(addr, eslgoCall) }()
	<-ctx.Done()
}

func eslgoCall(ctx context.Context, conn *eslgo.Conn, connect *eslgo.RawResponse) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	uuid := connect.GetHeader("Unique-ID")
	done := make(chan string, 8)
	defer conn.RemoveEventListener(uuid, conn.RegisterEventListener(uuid, func(e *eslgo.Event) {
		switch e.GetName() {
		case "CHANNEL_EXECUTE_COMPLETE":
			done <- e.GetHeader("Application-UUID")
		case "CHANNEL_HANGUP":
			done <- ""
		}
	}))
	wait := func(id string) {
		for {
			select {
			case got := <-done:
				if got == id {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
	execute := func(app, arg, id string) {
		if _, err := conn.SendCommand(ctx, &eslcall.Execute{UUID: uuid, AppName: app, AppArgs: arg, AppUUID: id, Sync: true}); err == nil {
			wait(id)
		}
	}
	if _, err := conn.SendCommand(ctx, eslcommand.Linger{Enabled: true}); err != nil {
		return
	}
	if _, err := conn.SendCommand(ctx, eslcommand.MyEvents{Format: "plain"}); err != nil {
		return
	}
	execute("answer", "", uuid+"-1")
	execute("playback", "tone_stream://%(400,0,440)", uuid+"-2")
	if _, err := conn.SendCommand(ctx, eslcommand.API{Command: "uuid_kill", Arguments: uuid + " NORMAL_CLEARING"}); err == nil {
		wait("")
	}
}
