package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// The flows that ship, and those of the examples, do what their tests say. They have a process
// of their own, as outside of tests: NATS' timers must not get from one bubble into another.
func TestFlowsThatShip(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "eslua") // see TestMain
	if err := os.Symlink(testproc.Binary(t), program); err != nil {
		t.Fatal(err)
	}
	out, errs, state := testproc.Run(t, "", nil, program, "test", "--timeout", "1h", "../../scripts", "../../examples")
	if !state.Success() {
		t.Errorf("%v\n%s%s", state, out, errs)
	}
	t.Log(out)
}
