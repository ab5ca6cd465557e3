//go:build unix && !race

package main

import "testing"

// mostIdle limits what a call that waits takes: heap and stack, its Lua state
// included.
const mostIdle = 40 << 10

// It is tried three times: goroutines that a busy machine has not let come to rest
// take more.
func TestACallThatWaitsIsSmall(t *testing.T) {
	var bytes float64
	for range 3 {
		if bytes = idleMemory(t, "lua", luaFlow(t, benchFlow), 300); bytes <= mostIdle {
			return
		}
	}
	t.Errorf("a call that waits takes %.1f KiB, at most %d are right", bytes/1024, mostIdle>>10)
}
