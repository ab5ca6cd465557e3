//go:build !linux

package guard

import "time"

// threadTime returns 0: without a thread's clock, units alone are counted.
func threadTime() time.Duration { return 0 }
