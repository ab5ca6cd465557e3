//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package flock

import "os"

// Exclusive does nothing on this system.
func Exclusive(*os.File) error { return nil }

// Shared does nothing on this system.
func Shared(*os.File) error { return nil }

// Release closes f.
func Release(f *os.File) error { return f.Close() }
