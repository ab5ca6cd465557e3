package control

import "fmt"

// DownError is returned while the node is not connected.
type DownError struct {
	Node, Address string
	Err           error // why, nil before the first attempt
}

func (e *DownError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("node %s (%s) is not connected yet", e.Node, e.Address)
	}
	return fmt.Sprintf("node %s (%s) is not connected: %v", e.Node, e.Address, e.Err)
}

func (e *DownError) Unwrap() error { return e.Err }
