package testproc

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Tests hang when they and their children use less than leastWork of processor time
// while the watch looks so often: a machine that is busy with something else gives
// them more than that. Or they compute without an end: all tests of a package take
// a tenth of mostWork.
const (
	pause     = 15 * time.Second
	patience  = 6 // looks
	leastWork = 300 * time.Millisecond
	mostWork  = 20 * time.Minute
	lastWords = 10 * time.Second // for tests that say what they wait for
)

var (
	errHang  = errors.New("the tests hang: for a minute and a half they used no processor time")
	errNoEnd = fmt.Errorf("the tests compute without an end: they have used %v of processor time", mostWork)
)

var hanging, hang = context.WithCancelCause(context.Background())

func watch(ended <-chan struct{}) {
	looks := time.NewTicker(pause)
	defer looks.Stop()
	idle := idleness{now: work}
	for {
		select {
		case <-ended:
			return
		case <-looks.C:
		}
		why := idle.verdict()
		if why == nil {
			continue
		}
		hang(why)
		select {
		case <-ended:
		case <-time.After(lastWords):
			debug.SetTraceback("all")
			panic(why)
		}
		return
	}
}

// verdict returns an error once the tests hang.
func (i *idleness) verdict() error {
	switch {
	case i.look() >= patience:
		return errHang
	case i.seen > mostWork && !measures():
		return errNoEnd
	}
	return nil
}

// measures reports whether benchmarks or a fuzz target run, which take as long as they
// are told.
func measures() bool {
	for _, name := range []string{"test.bench", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return true
		}
	}
	return false
}

// An idleness counts the looks since some work was last seen.
type idleness struct {
	now   func() time.Duration
	seen  time.Duration
	looks int
}

func (i *idleness) look() int {
	if now := i.now(); now-i.seen >= leastWork || now < i.seen { // a child may have left its children
		i.seen, i.looks = now, 0
	} else {
		i.looks++
	}
	return i.looks
}

// work returns the processor time of this process and its descendants so far. Where
// there is no /proc, it is the time of day, and nothing hangs.
func work() time.Duration {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	if len(files) == 0 {
		return time.Duration(time.Now().UnixNano())
	}
	const tick = time.Second / 100 // of the kernel's ABI
	parent, used := map[int]int{}, map[int]time.Duration{}
	for _, file := range files {
		stat, _ := os.ReadFile(file)
		// proc_pid_stat(5): pid (name) state ppid ... utime stime cutime cstime
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 15 {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent[pid], _ = strconv.Atoi(fields[1])
		for _, field := range fields[11:15] {
			ticks, _ := strconv.Atoi(field)
			used[pid] += time.Duration(ticks) * tick
		}
	}
	var sum time.Duration
	for pid := range used {
		for p := pid; p != 0; p = parent[p] {
			if p == os.Getpid() {
				sum += used[pid]
				break
			}
		}
	}
	return sum
}
