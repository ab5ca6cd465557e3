package recovery

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const seesOthers = true

// others reports whether another process has connections that came to port: an
// eslua that has closed the port and still finishes its calls.
func (local) others(port string) (bool, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return false, fmt.Errorf("port %q: %w", port, err)
	}
	before, err := ownSockets()
	if err != nil {
		return false, err
	}
	served := map[string]bool{}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if os.IsNotExist(err) {
			continue // no IPv6
		}
		if err != nil {
			return false, err
		}
		accepted(string(text), uint16(number), served)
	}
	after, err := ownSockets()
	if err != nil {
		return false, err
	}
	for inode := range served {
		if !before[inode] && !after[inode] {
			return true, nil
		}
	}
	return false, nil
}

// accepted adds the inodes of the connections to port that a process has accepted,
// read from the kernel's table (proc_net_tcp).
func accepted(table string, port uint16, inodes map[string]bool) {
	local := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 10 || !strings.HasSuffix(f[1], local) || f[9] == "0" { // 0: not accepted yet, or closed by its process
			continue
		}
		if f[3] == "01" || f[3] == "08" { // ESTABLISHED, CLOSE_WAIT
			inodes[f[9]] = true
		}
	}
}

// ownSockets returns the inodes of this process's sockets.
func ownSockets() (map[string]bool, error) {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, f := range files {
		target, err := os.Readlink("/proc/self/fd/" + f.Name())
		if err != nil {
			continue // it has been closed since
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return own, nil
}
