//go:build unix

package store

import (
	"io/fs"
	"syscall"
)

// inodeOf identifies a file or directory, by whatever name it was found; the zero
// inode is none.
func inodeOf(info fs.FileInfo) inode {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return inode{uint64(st.Dev), st.Ino}
	}
	return inode{}
}
