package store

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// openForWriting says whether some process has a file open for writing: the
// kernel refuses a read lease then (fcntl(2), F_SETLEASE). The lease is given
// back at once. Where leases say nothing (a network mount, a file of another
// user), the answer is no, and the quiet time alone guards against half-written
// files.
func openForWriting(f fs.File) bool {
	file, ok := f.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	var busy bool
	err = raw.Control(func(fd uintptr) {
		if !leasesTellWriters(fd) {
			return
		}
		_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
		if err == nil {
			_, err = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		}
		busy = err == unix.EAGAIN
	})
	return err == nil && busy
}

// leasesTellWriters names the file systems that take the kernel's own answer;
// NFS, for one, refuses every lease it has no delegation for.
func leasesTellWriters(fd uintptr) bool {
	var st unix.Statfs_t
	if unix.Fstatfs(int(fd), &st) != nil {
		return false
	}
	switch int64(st.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC:
		return true
	}
	return false
}
