//go:build !linux

package memory

import "math"

func limit() int64        { return math.MaxInt64 }
func processLimit() int64 { return math.MaxInt64 }
