//go:build !race

package bindings_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
)

// A child process runs one hostile script as a call, with the bindings, a
// simulated FreeSWITCH and the limits that a flow has by default, but for the burst.
const (
	attackEnv      = "ESLUA_TEST_ATTACK"    // its burst makes the test binary such a child; the script is on its standard input
	attackData     = 1 << 30                // RLIMIT_DATA
	attackBurst    = 250 * time.Millisecond // memory can be reached in it
	computeBurst   = 100 * time.Millisecond // of attacks that only compute
	attackTime     = 2 * time.Second        // of processor time, with what the child itself needs to start
	attackResident = 96 << 20               // bytes, without the pages of the test binary
	rlimitData     = 2
)

type attack struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Src    string `json:"src"`
	NoLine bool   `json:"noline"` // its error has no place
	Want   string `json:"want"`   // in its error or in what it prints
}

// readAttacks reads the scripts of testdata.
func readAttacks(t *testing.T) (list []attack) {
	t.Helper()
	files, err := filepath.Glob("testdata/attacks*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			var a attack
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatal(name, err)
			}
			list = append(list, a)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// TestAttackChild runs in the child.
func TestAttackChild(t *testing.T) {
	burst, err := time.ParseDuration(os.Getenv(attackEnv))
	if err != nil {
		return
	}
	for what, most := range map[int]uint64{rlimitData: attackData, syscall.RLIMIT_CPU: 2 * uint64(attackTime/time.Second)} {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			t.Fatal(err)
		}
	}
	var src bytes.Buffer
	if _, err := src.ReadFrom(os.Stdin); err != nil {
		t.Fatal(err)
	}
	h := open(t, "", bob)
	h.log.quiet, h.limits.Burst = true, burst
	h.readFile = func(string) (string, error) { return src.String(), nil }
	if h.script, err = vm.Compile("attack.lua", src.Bytes()); err != nil {
		t.Fatal(err)
	}
	h.print = func(line string) {
		if len(line) < 10_000 {
			fmt.Println("print:", line)
		}
	}
	file := ownMemory(t, "RssFile") // the pages of the test binary, which grows with everything that eslua is linked with
	h.call()
	o := h.end()
	fmt.Printf("resident: %d\nended: %.10000v\n", ownMemory(t, "VmHWM")-file, o.err)
}

// ownMemory returns a field of this process's status in KiB. The kernel's ru_maxrss also
// counts the parent.
func ownMemory(t *testing.T, field string) (kilobytes int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\n"+field+":")
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Fatal(field, err)
	}
	return kilobytes
}

// TestAttacks runs every hostile script: each ends in time and within its memory,
// with a result or with an error that names its place.
func TestAttacks(t *testing.T) {
	for i, a := range readAttacks(t) {
		if i%testproc.Short(1, 16) > 0 {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			endsWell(t, a)
		})
	}
}

// endsWell runs a hostile script.
func endsWell(t *testing.T, a attack) {
	out, state := runAttack(t, a)
	resident := residentOf(out)
	// The collector of a process that waits for its turn falls behind: what the script
	// needs is the least that one of several runs takes.
	for tries := 1; resident > attackResident && tries < 4; tries++ {
		out, state = runAttack(t, a)
		resident = residentOf(out)
	}
	took := testproc.Time(state)
	if took > attackTime {
		t.Errorf("took %v", took)
	}
	_, ended, ok := strings.Cut(out, "\nended: ")
	switch {
	case resident > attackResident:
		t.Errorf("had %d MiB resident", resident>>20)
	case !state.Success() || !ok:
		t.Errorf("the process died: %v", state)
	case strings.Contains(ended, "internal error"):
		t.Errorf("Go panicked below the script: %.300s", ended)
	case strings.Contains(ended, "got through"), strings.Contains(ended, "assertion failed"):
		t.Errorf("it succeeded: %.300s", ended)
	case !strings.HasPrefix(ended, "<nil>") && !a.NoLine && !hasPlace.MatchString(ended):
		t.Errorf("its error has no place: %.300s", ended)
	case !strings.Contains(out, a.Want):
		t.Errorf("it does not end with %q", a.Want)
	}
	if t.Failed() {
		out = "the child: " + tail(out)
	}
	t.Logf("%v %d MiB %.2000s", took.Round(time.Millisecond), resident>>20, tail(out))
}

// residentOf returns how many bytes a child had resident at most; too many if it does
// not say so.
func residentOf(out string) int {
	m := isResident.FindStringSubmatch(out)
	if m == nil {
		return attackResident + 1
	}
	kilobytes, _ := strconv.Atoi(m[1])
	return kilobytes << 10
}

var isResident = regexp.MustCompile(`\nresident: (\d+)\n`)

var hasPlace = regexp.MustCompile(`^[^\n]*:\d+: `)

func tail(s string) string { return s[max(0, len(s)-300):] }

func runAttack(t *testing.T, a attack) (out string, state *os.ProcessState) {
	t.Helper()
	burst := attackBurst
	if a.Kind == "cpu" {
		burst = computeBurst
	}
	stdout, stderr, state := testproc.Run(t, a.Src, []string{attackEnv + "=" + burst.String()}, testproc.Binary(t), "-test.run=^TestAttackChild$")
	return "\n" + stdout + stderr, state
}
