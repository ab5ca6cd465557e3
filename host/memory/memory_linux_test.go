package memory

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestLimits(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	if n := ofMachine(put("meminfo", "MemTotal:        2048 kB\nMemFree: 5 kB\n")); n != 2<<20 {
		t.Error(n)
	}
	if n := ofMachine(filepath.Join(dir, "none")); n != math.MaxInt64 {
		t.Error(n)
	}
	put("fs/a/memory.max", "5000\n")
	put("fs/a/b/memory.max", "max\n")
	put("fs/memory/c/memory.limit_in_bytes", "7000\n")
	for groups, want := range map[string]int64{
		"0::/a/b\n": 5000, "0::/\n": math.MaxInt64, "4:memory:/c\n1:cpu:/a\n": 7000, "0::/a\n4:memory:/c\n": 5000, "": math.MaxInt64, "0::/../../a\n": 5000,
	} {
		if n := ofGroup(put("cgroup", groups), filepath.Join(dir, "fs")); n != want {
			t.Errorf("%q: %d, want %d", groups, n, want)
		}
	}
	if n := Default(); n <= 0 || n%(1<<20) != 0 {
		t.Error(n)
	}
}

func TestCollections(t *testing.T) {
	seen := Collections(t.Context())
	for range 3 {
		runtime.GC()
		<-seen
	}
	if Live() <= 0 {
		t.Error(Live())
	}
}
