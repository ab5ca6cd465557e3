package config

import (
	"fmt"
	"strconv"
)

// Set reads one limit by its name in the configuration, such as memory, and its
// value, such as 8MiB.
func (l *Limits) Set(name, text string) error {
	switch name {
	case "memory":
		return l.Memory.Set(text)
	case "burst":
		return l.Burst.Set(text)
	case "cpu":
		return l.CPU.Set(text)
	case "duration":
		return l.Duration.Set(text)
	case "stack":
		depth, err := strconv.Atoi(text)
		if err != nil || depth < 1 {
			return fmt.Errorf("%q is not a depth of function calls; write it as 200", text)
		}
		l.Stack = depth
		return nil
	case "source":
		return l.Source.Set(text)
	}
	return fmt.Errorf("unknown limit %q; the limits are memory, burst, cpu, duration, stack and source", name)
}
