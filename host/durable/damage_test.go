package durable

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// Whatever is wrong with a file, the host goes on, and keeps what is new.
func TestDamagedFiles(t *testing.T) {
	whole := t.TempDir()
	natsbubble.Bubble(t, func(t *testing.T) {
		h := startHost(t, whole, memnet.New())
		for i := range 20 {
			h.put(t, fmt.Sprint(i))
		}
	})
	var files []string
	_ = filepath.WalkDir(whole, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasSuffix(path, "lock") {
			name, _ := filepath.Rel(whole, path)
			files = append(files, name)
		}
		return err
	})
	if len(files) < 4 {
		t.Fatalf("there are only %q", files)
	}
	damages := map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"zeros":     func(b []byte) []byte { return make([]byte, len(b)) },
		"noise": func(b []byte) []byte {
			random := rand.New(rand.NewPCG(1, 2))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			return b
		},
		"end cut":  func(b []byte) []byte { return b[:max(len(b)-3, 0)] },
		"longer":   func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x"), 100)...) },
		"one byte": func(b []byte) []byte { b[len(b)/3] ^= 0x55; return b },
		"length":   func(b []byte) []byte { copy(b, "\xff\xff\xff\x7f"); return b },
	}
	for _, file := range files {
		for name, damage := range damages {
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				natsbubble.Bubble(t, func(t *testing.T) {
					dir := t.TempDir()
					if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
						t.Fatal(err)
					}
					text, err := os.ReadFile(filepath.Join(dir, file))
					if err == nil && len(text) > 0 {
						err = os.WriteFile(filepath.Join(dir, file), damage(text), 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
					var log testproc.Log
					h := startHostLogging(t, dir, memnet.New(), log.Logger())
					h.put(t, "new")
					if kept := h.count(t); kept < 21 && log.String() == "" {
						t.Errorf("%d of 21 are kept, and the log tells nothing", kept)
					}
				})
			})
		}
	}
}

// After an error of the disk the store is used again when the disk is.
func TestTheDiskRefusesForAWhile(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		log := &testproc.Log{}
		h := startHostLogging(t, dir, memnet.New(), log.Logger())
		h.put(t, "1")
		heal := breakDisk(t)
		var refused error
		kept := uint64(1)
		for range 6 {
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
			_, refused = h.js(t).Publish(ctx, "s", bytes.Repeat([]byte("x"), 1_000_000))
			if stop(); refused != nil {
				break
			}
			kept++
		}
		if refused == nil {
			t.Fatal("the disk takes more")
		}
		heal()
		time.Sleep(time.Second)
		if h.Problem() == nil || h.Status().Problem == "" {
			t.Error("the problem is not known")
		}
		h.put(t, "2")
		time.Sleep(2 * time.Minute)
		if n := h.count(t); n != kept+1 || h.Problem() != nil {
			t.Errorf("%d messages are kept, not %d; %v", n, kept+1, h.Problem())
		}
		if told, over := log.Count("cannot be kept"), log.Count("can be kept again"); told != 1 || over != 1 {
			t.Errorf("told %d times, and %d times that it is over:\n%s", told, over, log.String())
		}
	})
}

// breakDisk has the disk refuse what would make a file longer than 4 MB, until heal
// is called.
func breakDisk(t *testing.T) (heal func()) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	set(syscall.Rlimit{Cur: 4_000_000, Max: before.Max})
	return func() { set(before) }
}
