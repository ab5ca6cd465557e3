package systemd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// firstSocket is the first descriptor of passed sockets (sd_listen_fds(3)).
const firstSocket = 3

// Sockets returns the sockets that systemd passed to this process, named as in
// FileDescriptorName=. It reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, and
// returns an error if they contradict each other.
func Sockets(env Environment) ([]*os.File, error) { return socketsFrom(firstSocket, env) }

func socketsFrom(first int, env Environment) ([]*os.File, error) {
	pid, fds, names := env.consume("LISTEN_PID"), env.consume("LISTEN_FDS"), env.consume("LISTEN_FDNAMES")
	if pid == "" || pid != strconv.Itoa(env.PID) {
		return nil, nil // they are for another process
	}
	count, err := strconv.Atoi(fds)
	if err != nil || count < 0 {
		return nil, fmt.Errorf("LISTEN_FDS=%q is not a number of sockets", fds)
	}
	named := strings.Split(names, ":")
	var files []*os.File
	for i := range count {
		name := fmt.Sprintf("LISTEN_FD_%d", first+i)
		if i < len(named) && named[i] != "" {
			name = named[i]
		}
		syscall.CloseOnExec(first + i)
		files = append(files, os.NewFile(uintptr(first+i), name))
	}
	return files, nil
}
