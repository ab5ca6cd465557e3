package testproc

import (
	"context"
	"testing"
	"time"
)

// Whatever goes on for ever beside it, a test in a bubble learns that it hangs.
func TestABubbleThatHangs(t *testing.T) {
	Bubble(t, func(t *testing.T) {
		began, beats := time.Now(), 0
		ctx := BubbleContext(t)
		heart := time.NewTicker(30 * time.Second)
		defer heart.Stop()
		for ctx.Err() == nil {
			select {
			case <-heart.C:
				beats++
			case <-ctx.Done():
			}
		}
		if err := context.Cause(ctx); err != errBubbleHangs || time.Since(began) != bubbleLimit || beats < 2800 {
			t.Errorf("%v after %v and %d beats", err, time.Since(began), beats)
		}
	})
}
