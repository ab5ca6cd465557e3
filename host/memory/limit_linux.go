package memory

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const rlimitData = 2 // RLIMIT_DATA, which package syscall does not name

func limit() int64 {
	return min(ofMachine("/proc/meminfo"), ofGroup("/proc/self/cgroup", "/sys/fs/cgroup"))
}

func processLimit() int64 {
	least := int64(math.MaxInt64)
	for _, what := range []int{rlimitData, syscall.RLIMIT_AS} {
		var l syscall.Rlimit
		if syscall.Getrlimit(what, &l) == nil && l.Cur < math.MaxInt64 {
			least = min(least, int64(l.Cur))
		}
	}
	return least
}

// ofMachine returns the machine's memory.
func ofMachine(meminfo string) int64 {
	text, _ := os.ReadFile(meminfo)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 1 && f[0] == "MemTotal:" {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return n << 10
			}
		}
	}
	return math.MaxInt64
}

// ofGroup returns the least limit of the process's control group and those around
// it, of either version.
func ofGroup(groups, root string) int64 {
	least := int64(math.MaxInt64)
	text, _ := os.ReadFile(groups)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		_, rest, _ := strings.Cut(lines.Text(), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		dir, file := root, "memory.max"
		switch controllers {
		case "":
		case "memory":
			dir, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		default:
			continue
		}
		for path = filepath.Clean("/" + path); ; path = filepath.Dir(path) {
			figure, _ := os.ReadFile(filepath.Join(dir, path, file))
			if n, err := strconv.ParseInt(strings.TrimSpace(string(figure)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
			if path == "/" {
				break
			}
		}
	}
	return least
}
