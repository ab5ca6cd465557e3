// Package flock locks files and directories against other processes. A lock ends
// when it is released, or with the process. Where the system has no
// such locks nothing is locked, and a directory must belong to one process.
package flock

import "errors"

// ErrLocked means that another process holds the lock.
var ErrLocked = errors.New("another process holds the lock")
