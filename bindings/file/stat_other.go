//go:build !linux

package file

import (
	"io/fs"

	lua "github.com/yuin/gopher-lua"
)

// addSystem adds nothing: the fields are the same on all systems, their sources are not.
func addSystem(fields map[string]lua.LValue, _ fs.FileInfo) {
	for _, name := range []string{"nlink", "uid", "gid", "dev", "ino", "rdev", "blocks", "blksize"} {
		fields[name] = lua.LNumber(0)
	}
}
