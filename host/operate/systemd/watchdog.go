package systemd

import (
	"context"
	"errors"
	"time"

	"github.com/eslua/eslua/host/clock"
)

var errTimeout = errors.New("the check of progress takes too long")

// Watch notifies systemd's watchdog until ctx ends, twice in the time that systemd
// allows, each time after progress has returned nil. When progress fails or takes
// too long, Watch logs that and stays silent, so that systemd restarts the process
// unless progress recovers. progress must return when its ctx ends: Watch waits for
// it.
func (n *Notifier) Watch(ctx context.Context, clk clock.Clock, progress func(context.Context) error) {
	if n.socket == nil || n.watchdog == 0 {
		return
	}
	period := n.watchdog / 2
	for {
		next := clk.NewTimer(period)
		n.beat(ctx, clk, period/2, progress)
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return
		}
	}
}

func (n *Notifier) beat(ctx context.Context, clk clock.Clock, limit time.Duration, progress func(context.Context) error) {
	checking, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	timeout := clk.NewTimer(limit)
	defer timeout.Stop()
	var err error
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		err = progress(checking)
	}()
	inTime := true
	select {
	case <-checked:
	case <-timeout.C:
		inTime = false
		n.noProgress(errTimeout, limit)
		stop(errTimeout)
		<-checked
	}
	switch {
	case ctx.Err() != nil || !inTime:
	case err != nil:
		n.noProgress(err, limit)
	default:
		n.send("WATCHDOG=1")
	}
}

func (n *Notifier) noProgress(err error, limit time.Duration) {
	n.log.Error("eslua makes no progress; unless that changes, systemd's watchdog will restart it", "error", err, "limit", limit)
}
