package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// A vandal makes a directory that nobody would, and continues while it is read. All that
// it does stays inside, wherever its links lead.
type vandal struct {
	*rand.Rand
	dir  string
	root *os.Root
}

// someBase returns a name that may exist.
func (v vandal) someBase() string {
	names := []string{"a", "b", "c", "d.lua", "e.lua", "f.txt", "main.lua", strings.Repeat("n", 255), "bad\xff\n", "ü", "g.lua~", ".git", "h.part"}
	return names[v.IntN(len(names))]
}

// someName returns a path that may exist.
func (v vandal) someName() string {
	name := v.someBase()
	for range v.IntN(5) {
		name += "/" + v.someBase()
	}
	return name
}

// act does one thing, which may fail.
func (v vandal) act() {
	name := v.someName()
	create := func() (*os.File, error) {
		_ = v.root.MkdirAll(path.Dir(name), 0o755)
		return v.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o644)
	}
	switch v.IntN(14) {
	case 0, 1, 2:
		_ = v.root.MkdirAll(name, 0o755)
	case 3, 4:
		if f, err := create(); err == nil {
			_, _ = f.WriteString([]string{"return 1", "require 'a.d'", "return return", "", "\xff\x00", "local x = io"}[v.IntN(6)])
			_ = f.Close()
		}
	case 5, 6, 7:
		_ = v.root.MkdirAll(path.Dir(name), 0o755)
		_ = v.root.Symlink([]string{"..", "../..", ".", v.someName(), "../" + v.someName(), "/etc/passwd", "/", v.dir, "x/" + strings.Repeat("../", 50)}[v.IntN(9)], name)
	case 8:
		_ = syscall.Mkfifo(filepath.Join(v.dir, v.someBase()), 0o644)
	case 9:
		if f, err := create(); err == nil {
			_ = f.Truncate([]int64{1 << 40, 1 << 22, 3 << 20}[v.IntN(3)])
			_ = f.Close()
		}
	case 10:
		_ = v.root.Chmod(name, 0)
	case 11:
		_ = v.root.RemoveAll(name)
	case 12:
		_ = v.root.Rename(name, v.someName())
	case 13:
		if fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err == nil {
			_ = syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(v.dir, v.someBase())})
			_ = syscall.Close(fd)
		}
	}
}

// TestHostileTrees: whatever is in the directory, and whatever happens to it meanwhile,
// reading it ends, soon, in a tree within the limits or in an error.
func TestHostileTrees(t *testing.T) {
	trees := uint64(40)
	if testing.Short() {
		trees = 15
	}
	limits := Limits{Files: 200, File: 1 << 20, Total: 8 << 20, Names: 2000, Dirs: 300, Links: 300}
	for seed := range trees {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := filepath.Join(memoryDir(t), "scripts")
			must(t, os.Mkdir(dir, 0o755))
			root, err := os.OpenRoot(dir)
			must(t, err)
			defer root.Close()
			v := vandal{rand.New(rand.NewPCG(seed, 8)), dir, root}
			for range 50 + v.IntN(300) {
				v.act()
			}
			ctx, stop := context.WithCancel(t.Context())
			var meanwhile sync.WaitGroup
			meanwhile.Go(func() {
				other := vandal{rand.New(rand.NewPCG(seed, 9)), dir, root}
				for ctx.Err() == nil {
					other.act()
				}
			})
			cfg := Config{Limits: limits, Quiet: time.Microsecond, MaxDelay: time.Millisecond, Notify: noNotifications}
			if seed%10 == 0 { // the kernel takes long to end them
				cfg.Notify = notifications(t)
			}
			within(t, 20*time.Second, func() {
				defer meanwhile.Wait()
				defer stop()
				s, err := Open(t.Context(), dir, cfg, vm.Compile, quiet, clock.System())
				for range 3 {
					if err != nil {
						s, err = Open(t.Context(), dir, cfg, vm.Compile, quiet, clock.System())
						continue
					}
					_ = s.Reload(t.Context())
					w := newWatcher(s)
					w.step(t.Context())
					w.notifier.close()
					g := s.Current()
					if n := len(g.Files()); n > 2*limits.Files+200 {
						t.Errorf("%d files are held", n)
					}
					for _, f := range g.Files() {
						if strings.HasPrefix(f.Name, "/") || strings.Contains("/"+f.Name+"/", "/../") || f.Size > int(limits.File) {
							t.Errorf("a file %q of %d bytes", f.Name, f.Size)
						}
						if data, err := g.ReadFile(f.Name); err == nil && strings.Contains(data, "root:") {
							t.Errorf("%q is a file outside", f.Name)
						}
					}
					if st := s.Status(); len(st.Problems) > maxErrors+maxWarnings+2*limits.Files+10 {
						t.Errorf("%d problems", len(st.Problems))
					}
				}
				ended, end := context.WithCancel(t.Context())
				end()
				if _, err := Open(ended, dir, Config{}, vm.Compile, quiet, clock.System()); !errors.Is(err, context.Canceled) {
					t.Errorf("with a context that has ended: %v", err)
				}
			})
		})
	}
}
