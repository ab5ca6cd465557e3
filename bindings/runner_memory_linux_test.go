//go:build !race

package bindings_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/memory"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
)

const memoryEnv = "ESLUA_TEST_HOST_MEMORY" // makes the test binary the child of the test below

// A hole is a module with a hole in the census: what keep keeps is not counted.
type hole struct {
	mu   sync.Mutex
	kept map[*host.Env][][]byte
}

func (h *hole) Declare() *vm.Module {
	return &vm.Module{Name: "hole", Funcs: []vm.Func{{Name: "keep", Go: func(a *vm.Args) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		env := a.Instance().(*host.Env)
		h.kept[env] = append(h.kept[env], bytes.Repeat([]byte("x"), 1<<20))
		return nil
	}}}}
}

func (h *hole) Bind(env *host.Env) any { return env }

func (h *hole) forget(env *host.Env) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.kept, env)
}

// TestMemoryChild runs calls of which one leaks into the hole, under RLIMIT_DATA, and
// prints how each ended.
func TestMemoryChild(t *testing.T) {
	if os.Getenv(memoryEnv) == "" {
		return
	}
	if err := syscall.Setrlimit(2, &syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30}); err != nil { // RLIMIT_DATA
		t.Fatal(err)
	}
	h := &hole{kept: map[*host.Env][][]byte{}}
	set := bindings.New(bindings.Deps{}, h)
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	runner := host.New(host.Deps{Machine: m, Binder: set, Clock: clock.System()})
	limit := memory.Default()
	debug.SetMemoryLimit(limit / 10 * 9)
	ctx, stop := context.WithCancel(t.Context())
	var watch, calls sync.WaitGroup
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	watch.Go(func() {
		_ = runner.WatchMemory(ctx, host.HostMemory{Limit: limit, Live: memory.Live, Collected: memory.Collections(ctx), Log: log})
	})
	call := func(name, src string) {
		script, err := vm.Compile(name+".lua", []byte(src))
		if err != nil {
			t.Error(err)
			return
		}
		r := &host.Run{Flow: name, Scripts: host.Single(script), Config: host.Config{Limits: guard.Limits{Burst: time.Minute}}, Env: host.Env{Log: slog.New(slog.DiscardHandler)}}
		err = runner.Run(ctx, r)
		h.forget(&r.Env)
		fmt.Printf("%s ended: %v\n", name, err)
	}
	for i := range 20 {
		calls.Go(func() {
			call(fmt.Sprint("honest", i), `for i = 1, 20 do local t = {} for j = 1, 2000 do t[j] = {j} end freeswitch.msleep(20) end`)
		})
	}
	for i := range 2 {
		calls.Go(func() { call(fmt.Sprint("hostile", i), "local n = 0\nwhile true do hole.keep() end") })
	}
	calls.Wait()
	stop()
	watch.Wait()
}

// A hole that nobody knows of in the census costs the calls that use it, not the
// process, nor the other calls.
func TestAHoleInTheCensusCostsItsCall(t *testing.T) {
	text, errs, state := testproc.Run(t, "", []string{memoryEnv + "=1"}, testproc.Binary(t), "-test.run=^TestMemoryChild$")
	if !state.Success() {
		t.Fatalf("the process died: %v\n%.3000s", state, text+errs)
	}
	for i := range 20 {
		if !strings.Contains(text, fmt.Sprintf("honest%d ended: <nil>\n", i)) {
			t.Errorf("the honest call %d did not end well", i)
		}
	}
	for i := range 2 {
		if want := fmt.Sprintf("hostile%d ended: hostile%d.lua:2: host_memory limit of ", i, i); !strings.Contains(text, want) {
			t.Errorf("the hostile call %d was not ended for its memory", i)
		}
	}
	if !strings.Contains(text, "msg=\"the host's memory is full") || !strings.Contains(text, "flow=hostile") {
		t.Error("the log does not say it")
	}
	if t.Failed() {
		t.Logf("%.3000s", text)
	}
}
