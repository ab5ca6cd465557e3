package unhurried_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

// A limit does not come, and a pause between attempts ends as it would.
func TestPausesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk, began := unhurried.Clock(), time.Now()
		if err := clock.Pause(t.Context(), clk, 8*time.Second); err != nil || time.Since(began) != 8*time.Second {
			t.Errorf("a pause of 8 s ended after %v: %v", time.Since(began), err)
		}
		<-clk.NewTimer(8 * time.Second).C
		if took := time.Since(began); took < 5*time.Minute {
			t.Errorf("a limit of 8 s came after %v", took)
		}
	})
}
