package durable

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A host is a Store that runs.
type host struct {
	*Store
	stop func() // waits until it has ended
}

func startHost(t *testing.T, dir string, network *memnet.Network) *host {
	return startHostLogging(t, dir, network, slog.New(slog.DiscardHandler))
}

func startHostLogging(t *testing.T, dir string, network *memnet.Network, log *slog.Logger) *host {
	s := New(config.Default().NATS, dir, Network{Listen: network.ListenOn, Dial: network.Dial}, log, clock.System())
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	h := &host{s, func() { cancel(); running.Wait() }}
	t.Cleanup(h.stop)
	return h
}

func (h *host) js(t *testing.T) jetstream.JetStream {
	t.Helper()
	js, err := h.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// put keeps a message, and waits until the files have a holder.
func (h *host) put(t *testing.T, text string) {
	t.Helper()
	js, err := h.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
		if err == nil {
			_, err = js.Publish(ctx, "s", []byte(text), jetstream.WithMsgID(text))
		}
		if stop(); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s is not kept: %v", text, err)
}

func (h *host) count(t *testing.T) uint64 {
	t.Helper()
	js, err := h.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// Two hosts use the files of one directory. When the first yields, and when one ends, the
// other has the files, and nothing is lost.
func TestTheFilesGoFromHostToHost(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir, network := t.TempDir(), memnet.New()
		first := startHost(t, dir, network)
		first.put(t, "1")
		second := startHost(t, dir, network)
		second.put(t, "2")
		if st := second.Status(); st.Holds || st.Kind != "embedded" || !st.Connected {
			t.Errorf("the second, while the first has the files: %+v", st)
		}
		first.Yield()
		time.Sleep(time.Second)
		if a, b := first.Status(), second.Status(); a.Holds || !b.Holds || b.Bytes == 0 {
			t.Errorf("after the first has yielded: %+v, %+v", a, b)
		}
		first.put(t, "3")
		second.stop()
		first.put(t, "4") // nobody waits for the files now
		if n := first.count(t); n != 4 {
			t.Errorf("%d messages are kept, not 4", n)
		}
	})
}

// A consumer for which nothing comes is no failure: whoever asks it asks again, and does not
// make it again.
func TestNextOfNothing(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		h := startHost(t, t.TempDir(), memnet.New())
		h.put(t, "1")
		c, err := h.js(t).CreateConsumer(t.Context(), "S", jetstream.ConsumerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := Next(t.Context(), c); err != nil || m == nil || string(m.Data()) != "1" {
			t.Errorf("the first: %v, %v", m, err)
		}
		began := time.Now()
		if m, err := Next(t.Context(), c); err != nil || m != nil || time.Since(began) < nextWait/2 {
			t.Errorf("the second: %v, %v, after %v", m, err, time.Since(began))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if m, err := Next(ctx, c); err != nil || m != nil {
			t.Errorf("of a context that ends: %v, %v", m, err)
		}
		if err := h.js(t).DeleteConsumer(t.Context(), "S", c.CachedInfo().Name); err != nil {
			t.Fatal(err)
		}
		if m, err := Next(t.Context(), c); err == nil || m != nil {
			t.Errorf("of a consumer that has gone: %v, %v", m, err)
		}
	})
}

// A directory is made at the first use, and nobody else can look into it.
func TestNothingIsMadeBeforeTheFirstUse(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		h := startHost(t, dir, memnet.New())
		time.Sleep(time.Minute)
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%v, %v", entries, err)
		}
		h.put(t, "1")
		if info, err := os.Stat(filepath.Join(dir, "nats")); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
	})
}

// A directory that cannot be used is told in the status, at once to those who wait for a
// limited time, and is used when it can be.
func TestTheDirectoryCannotBeUsed(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "nats"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		h := startHost(t, dir, memnet.New())
		if _, err := h.JetStream(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if st := h.Status(); !strings.Contains(st.Problem, "not a directory") {
			t.Errorf("%+v", st)
		}
		began := time.Now()
		within, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		s := h.Stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}, clock.System())
		nothing := func(context.Context, jetstream.JetStream, jetstream.Stream) error { return nil }
		if err := s.Do(within, nothing); err == nil || !strings.Contains(err.Error(), "not a directory") || time.Since(began) > time.Second {
			t.Errorf("%v, after %v", err, time.Since(began))
		}
		if err := os.Remove(filepath.Join(dir, "nats")); err != nil {
			t.Fatal(err)
		}
		if err := s.Do(t.Context(), nothing); err != nil {
			t.Error(err)
		}
		h.put(t, "1")
		if st := h.Status(); st.Problem != "" || !st.Holds {
			t.Errorf("%+v", st)
		}
	})
}

func TestThereIsNoPlace(t *testing.T) {
	s := New(config.Default().NATS, "", Network{}, slog.New(slog.DiscardHandler), clock.System())
	if _, err := s.JetStream(); !errors.Is(err, ErrNowhere) {
		t.Error(err)
	}
}
