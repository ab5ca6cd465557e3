// Package scripts holds the flows that ship with eslua. They are built into the
// program and served when no other directory is configured.
package scripts

import "embed"

// Files holds the flows in this directory.
//
//go:embed *.lua
var Files embed.FS
