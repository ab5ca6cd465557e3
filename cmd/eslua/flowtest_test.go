package main

import (
	"bytes"
	"testing"
)

// The flows that ship, and those of the examples, do what their tests say.
func TestFlowsThatShip(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
	if code := p.main(t.Context(), []string{"test", "--timeout", "1h", "../../scripts", "../../examples"}); code != exitFine {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	t.Log(out.String())
}
