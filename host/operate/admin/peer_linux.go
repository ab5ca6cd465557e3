package admin

import (
	"fmt"
	"net"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"
)

// peerOf asks the kernel for the process that has opened a Unix connection.
func peerOf(conn net.Conn) (who string, ok bool) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return "", false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return "", false
	}
	var cred *unix.Ucred
	if raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }) != nil || err != nil {
		return "", false
	}
	uid := strconv.FormatUint(uint64(cred.Uid), 10)
	name := "uid " + uid
	if u, err := user.LookupId(uid); err == nil {
		name = u.Username
	}
	return fmt.Sprintf("%s (pid %d)", name, cred.Pid), true
}
