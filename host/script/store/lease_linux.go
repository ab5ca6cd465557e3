package store

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// openForWriting reports whether some process has a file open for writing: the
// kernel then refuses a read lease (fcntl(2), F_SETLEASE). A lease that it grants
// is returned at once. Where leases do not work (a network mount, a file of
// another user), the answer is no, and only the quiet time protects from
// half-written files.
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
		if !leasesWork(fd) {
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

// leasesWork reports whether a file's file system leaves leases to the kernel. NFS,
// for one, refuses every lease for which it has no delegation.
func leasesWork(fd uintptr) bool {
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
