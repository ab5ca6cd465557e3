//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

import "os"

// flock is known on Unix alone; elsewhere a directory belongs to one process.
func flock(*os.File, bool) error { return nil }
