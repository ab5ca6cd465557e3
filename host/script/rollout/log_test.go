package rollout

import (
	"context"
	"log/slog"
	"testing"
)

// handler calls check before each line that is logged.
type handler struct {
	slog.Handler
	check func(line string)
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	h.check(r.Message)
	return h.Handler.Handle(ctx, r)
}

// TestALogThatBlocksDelaysNoOtherCall: nothing is logged while the lock is held
// that Choose needs for a new plan.
func TestALogThatBlocksDelaysNoOtherCall(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: {share: 50%, window: 1m, calls: 1}}}", "a")
	lines := 0
	w.deps.Log = slog.New(handler{w.deps.Log.Handler(), func(line string) {
		lines++
		if !w.mu.TryLock() {
			t.Errorf("the lock is held while this is logged: %s", line)
			return
		}
		w.mu.Unlock()
	}})
	for _, command := range []string{"edit a 2", "edit a 3", "rollback a", "edit a 4", "configure {}", "pin * #0", "unpin *"} {
		must(t, w.do(command))
		w.call100("a", nil)
	}
	w.Configure(w.cfg)
	w.edit("a", "5")
	w.call100("a", fails("5"))
	if lines < 10 {
		t.Errorf("only %d lines were logged", lines)
	}
}
