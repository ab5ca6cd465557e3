package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
	"github.com/google/uuid"
)

// TestLiveFloodOfDigits serves honest calls of a real FreeSWITCH while it receives
// digits for others as quickly as it can.
func TestLiveFloodOfDigits(t *testing.T) {
	address, password := livetest.Address(t)
	const tone = "tone_stream://%(200,0,440)"
	cfg := config.Default()
	cfg.Scripts = directory(t, map[string]string{
		"honest.lua": `session:answer()
			for i = 1, 3 do session:streamFile("` + tone + `") end
			session:hangup("USER_BUSY")`,
		"flooded.lua": `function heard() session:get_uuid() end
			session:answer()
			session:setInputCallback("heard")
			while session:ready() do session:streamFile("tone_stream://%(60000,0,440)") end`,
	})
	l := listening(t)
	var digits atomic.Int64 // that the flooded calls have heard
	_, end := serving(t, l, cfg, clock.System(), nil, seams{traced: func(_ *outbound.Call, t vm.Trace) {
		if strings.Contains(t.Name, "get_uuid") {
			digits.Add(1)
		}
	}})
	ctx, stop := context.WithCancel(testproc.Context(t))
	defer stop()
	dial := func(sw *switchEvents, flow string) (id string) {
		id = uuid.NewString()
		if answer := sw.api(ctx, t, fmt.Sprintf("originate {origination_uuid=%s}loopback/m:^:answer^sleep:100000/default/inline '&socket(%s/%s async full)'", id, l.Addr(), flow)); !strings.HasPrefix(answer, "+OK") {
			t.Fatalf("originate: %s", answer)
		}
		return id
	}
	var floods sync.WaitGroup
	var flooded []string
	for range 10 {
		sw := dialSwitch(t, address, password)
		id := dial(sw, "flooded")
		flooded = append(flooded, id)
		floods.Go(func() {
			for ctx.Err() == nil {
				if job, err := sw.conn.StartJob("uuid_recv_dtmf " + id + " " + strings.Repeat("1", 500)); err == nil {
					_, _ = job.Wait(ctx)
				}
			}
		})
	}
	sw := dialSwitch(t, address, password)
	for range 5 {
		if cause := sw.hangup(ctx, t, dial(sw, "honest")); cause != "USER_BUSY" {
			t.Errorf("an honest call ended with %s", cause)
		}
	}
	for _, id := range flooded {
		sw.api(ctx, t, "uuid_kill "+id)
	}
	stop()
	floods.Wait()
	end()
	if n := digits.Load(); n < 1000 {
		t.Errorf("only %d digits were heard", n)
	}
}
