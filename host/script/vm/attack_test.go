//go:build !race

package vm_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

const attackResident = 96 << 20

type attack struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Src  string `json:"src"`
	Want string `json:"want"` // in what it prints, or in its error
}

func attacks(t *testing.T) (list []attack) {
	t.Helper()
	files, err := filepath.Glob("testdata/*attacks.jsonl")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var a attack
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatal(name, err)
			}
			list = append(list, a)
		}
	}
	return list
}

// No script kills its process, whatever it does: each ends with a clean error
// or a result, in time, within the memory a process is given.
func TestAttacks(t *testing.T) {
	for i, a := range attacks(t) {
		if i%testproc.Short(1, 8) > 0 {
			continue
		}
		t.Run(a.Kind+"/"+a.Name, func(t *testing.T) {
			t.Parallel()
			burst := 250 * time.Millisecond
			switch {
			case a.Kind == "cpu":
				burst = 100 * time.Millisecond
			case strings.Contains(a.Want, "memory limit"):
				burst = time.Second // to reach it
			}
			o := runChild(t, burst, a.Src)
			if o.exit != exitDone && o.exit != exitError {
				t.Fatalf("the process died: exit %d\n%.2000s", o.exit, o.err)
			}
			// the budget as it is measured, the collector, and the child's own start
			if o.took > 4*burst+time.Second {
				t.Errorf("took %v", o.took)
			}
			if o.resident > attackResident {
				t.Errorf("had %d MiB resident", o.resident>>20)
			}
			if !strings.Contains(o.out+o.err, a.Want) {
				t.Errorf("ended with %.300q, want %q", o.out+o.err, a.Want)
			}
			if strings.Contains(o.err, "internal error") {
				t.Errorf("Go panicked below the script: %.300s", o.err)
			}
			t.Logf("%v %d MiB exit %d %.120q", o.took.Round(time.Millisecond), o.resident>>20, o.exit, o.out+o.err)
		})
	}
}
