package config

import (
	"fmt"
	"strconv"
)

// Set reads one limit by its name in the configuration, "memory" and "8MiB".
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
	return fmt.Errorf("there is no limit %q; name memory, burst, cpu, duration, stack or source", name)
}
