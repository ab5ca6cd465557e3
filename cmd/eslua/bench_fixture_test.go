package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
)

// A figure means nothing if the calls behind it fail.
func TestEveryCallIsWhole(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var whole atomic.Int64
	s := outbound.New(outbound.Config{}, func(ctx context.Context, c *outbound.Call) {
		if _, err := c.Execute(ctx, "answer", ""); err != nil {
			t.Error(err)
		}
		ev, err := c.Execute(ctx, "playback", "tone_stream://%(400,0,440)")
		if err != nil || ev.Get("Application-Response") != "FILE PLAYED" {
			t.Error(ev.Get("Application-Response"), err)
		}
		if err := c.Hangup(ctx, ""); err != nil {
			t.Error(err)
		}
		whole.Add(1)
	}, slog.New(slog.DiscardHandler), clock.System())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	var out strings.Builder
	if err := servePeer(strings.NewReader("calls "+l.Addr().String()+" 120\n"), &out); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if whole.Load() != 120 || out.String() != "done\n" {
		t.Errorf("%d of 120 calls were whole, the switch says %q", whole.Load(), out.String())
	}
}

func TestFloorKnowsItsFrames(t *testing.T) {
	rec, err := loadRecorded()
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range []int{len(rec.connect) + 2, len(rec.answer), len(rec.playback), len(rec.hangup)} {
		if want := floorSteps[i].frames; got != want {
			t.Errorf("after %q come %d frames, floorServer skips %d", floorSteps[i].command, got, want)
		}
	}
}
