package listener

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// allowTakeover lets a later process of the same user open the port, too.
func allowTakeover(l *net.TCPListener) error { return control(l, sharePort) }

func sharePort(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }

// steer sends every new connection to the second of the two sockets that share the
// port, in the order in which they were bound. Once the first is closed there is no
// second, and the kernel uses the one that is left
// (net/core/sock_reuseport.c: reuseport_select_sock). Without the filter both
// sockets would get connections.
func steer(fd int) error {
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, program(
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1},
	))
}

// refuseNew drops the first packet of a connection. Connections that have begun
// continue. A peer whose packet was dropped sends it again after a second and is
// refused then.
func refuseNew(l *net.TCPListener) {
	const flags, syn, ack = 13, 0x02, 0x10 // of the TCP header
	_ = control(l, func(fd int) error {    // without the filter a connection may be reset
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program(
			unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
			unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
		))
	})
}

func program(steps ...unix.SockFilter) *unix.SockFprog {
	return &unix.SockFprog{Len: uint16(len(steps)), Filter: &steps[0]}
}

// queued returns the number of connections in the accept queue (net/ipv4/tcp.c:
// tcp_get_info reports it for a socket that listens).
func queued(l *net.TCPListener) (n int) {
	_ = control(l, func(fd int) error { // a closed socket has none
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			n = int(info.Unacked)
		}
		return err
	})
	return n
}

// isListening reports whether the socket listens.
func isListening(l *net.TCPListener) bool {
	return control(l, func(fd int) error {
		yes, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		if err == nil && yes == 0 {
			err = unix.EINVAL
		}
		return err
	}) == nil
}

// listenBeside opens addr beside a socket of another process.
func listenBeside(addr string) (*net.TCPListener, error) {
	share := func(_, _ string, raw syscall.RawConn) error { return onSocket(raw, sharePort) }
	l, err := listenConfig(share).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener)
	if err := control(tcp, steer); err != nil {
		_ = l.Close()
		return nil, err
	}
	return tcp, nil
}

// control calls do with the file descriptor of a listener.
func control(l *net.TCPListener, do func(fd int) error) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return onSocket(raw, do)
}

func onSocket(raw syscall.RawConn, do func(fd int) error) error {
	var err error
	if failed := raw.Control(func(fd uintptr) { err = do(int(fd)) }); failed != nil {
		return failed
	}
	return err
}
