//go:build !linux

package recovery

const seesOthers = false

// others returns false: other systems do not show the connections of other processes.
func (local) others(string) (bool, error) { return false, nil }
