package outbound_test

import (
	"context"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	sim "github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// control is a control connection that answers.
type control struct{}

func (control) API(context.Context, string) (string, error)   { return "control", nil }
func (control) BgAPI(context.Context, string) (string, error) { return "control job", nil }
func (control) SendEvent(context.Context, string, [][2]string, string) error {
	return nil
}

// TestAfterwards: a script that goes on for longer than FreeSWITCH keeps the socket of a
// hung-up call has its commands carried by the control connection, a job even before.
func TestAfterwards(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		var during, job, after string
		var err error
		cfg := outbound.Config{Controls: func(core string) outbound.Control {
			if core == "" {
				t.Error("the Core-UUID is not told")
			}
			return control{}
		}}
		sw := between(t, cfg, "async full", func(ctx context.Context, c *outbound.Call) {
			_ = c.Hangup(ctx, "NORMAL_CLEARING")
			c.AwaitHangup(ctx, time.Minute)
			during, _ = c.API(ctx, "status")
			job, _ = c.BgAPI(ctx, "originate user/1000 &park")
			_ = clock.Sleep(ctx, clock.System(), time.Minute)
			if after, err = c.API(ctx, "status"); err == nil {
				err = c.SendEvent(ctx, "CUSTOM", nil, "")
			}
		})
		sw.served(sw.Call(sim.Caller{Destination: "1000"}))
		if during == "control" || job != "control job" || after != "control" || err != nil {
			t.Errorf("%q, %q, %q, %v; log:\n%s", during, job, after, err, sw.log)
		}
	})
}
