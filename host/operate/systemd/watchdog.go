package systemd

import (
	"context"
	"errors"
	"time"

	"github.com/eslua/eslua/host/clock"
)

var errLate = errors.New("it takes too long")

// Watch beats systemd's watchdog until ctx ends, twice in the time systemd
// allows, each time that progress has shown that there is some. Without, it says
// so in the log, beats no more until there is some again, and systemd restarts
// the process. A progress that does not return is such a case too; Watch waits
// for it at its end, so it should heed its ctx.
func (n *Notifier) Watch(ctx context.Context, clk clock.Clock, progress func(context.Context) error) {
	if n.socket == nil || n.watchdog == 0 {
		return
	}
	every := n.watchdog / 2
	for {
		next := clk.NewTimer(every)
		n.beat(ctx, clk, every/2, progress)
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
	late := clk.NewTimer(limit)
	defer late.Stop()
	var err error
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		err = progress(checking)
	}()
	inTime := true
	select {
	case <-shown:
	case <-late.C:
		inTime = false
		n.noProgress(errLate, limit)
		stop(errLate)
		<-shown
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
	n.log.Error("eslua makes no progress: systemd's watchdog is not told that it is well, and restarts it if this goes on", "error", err, "limit", limit)
}
