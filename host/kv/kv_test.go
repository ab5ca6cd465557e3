package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A host is one process on a machine whose hosts share a directory.
type host struct {
	*Buckets
	store *durable.Store
	stop  func()
}

func startHost(t *testing.T, dir string, network *memnet.Network) *host {
	log := slog.New(slog.DiscardHandler)
	store := durable.New(config.Default().NATS, dir, durable.Network{Listen: network.ListenOn, Dial: network.Dial}, log, clock.System())
	ids := 0
	h := &host{store: store, Buckets: New(config.Default().KV, map[string]config.Bucket{"small": {Size: 64 << 10, Keys: 10, Value: 16 << 10}, "big": config.Default().KV}, Deps{
		Store: store, NewID: func() string { ids++; return fmt.Sprintf("%p-%d", store, ids) }, Rand: rand.Float64, Log: log, Clock: clock.System(),
	})}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(ctx) })
	h.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(h.stop)
	return h
}

// inBubble runs a test with one host.
func inBubble(t *testing.T, test func(t *testing.T, h *host)) {
	natsbubble.Bubble(t, func(t *testing.T) { test(t, startHost(t, t.TempDir(), memnet.New())) })
}

func (h *host) own(t *testing.T) *Bucket {
	t.Helper()
	b, err := h.Own("menu")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (h *host) shared(t *testing.T, name string) *Bucket {
	t.Helper()
	b, err := h.Shared(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, b *Bucket, key, value string) uint64 {
	t.Helper()
	revision, err := b.Put(t.Context(), Entry{Key: key, Value: []byte(value)})
	if err != nil {
		t.Fatalf("%q: %v", key, err)
	}
	return revision
}

func get(t *testing.T, b *Bucket, key string) string {
	t.Helper()
	e, ok, err := b.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return "nothing"
	}
	return string(e.Value)
}

func walk(t *testing.T, b *Bucket, prefix string) (keys []string) {
	t.Helper()
	w, err := b.Walk(prefix)
	if err != nil {
		t.Fatal(err)
	}
	for {
		e, ok, err := w.Next(t.Context())
		if errors.Is(err, io.EOF) {
			slices.Sort(keys)
			return keys
		} else if err != nil {
			t.Fatal(err)
		}
		if ok {
			keys = append(keys, e.Key)
		}
	}
}

func TestRevisions(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b, ctx := h.own(t), t.Context()
		if get(t, b, "a") != "nothing" {
			t.Error("a key that nobody wrote")
		}
		first := put(t, b, "a", "1")
		if _, err := b.Set(ctx, Entry{Key: "a", Value: []byte("2"), Revision: first + 7}); !errors.Is(err, ErrChanged) {
			t.Error(err)
		}
		if _, err := b.Set(ctx, Entry{Key: "a", Value: []byte("2")}); !errors.Is(err, ErrChanged) {
			t.Error("created although it is there:", err)
		}
		second, err := b.Set(ctx, Entry{Key: "a", Value: []byte("2"), Revision: first})
		if err != nil || get(t, b, "a") != "2" {
			t.Error(err)
		}
		if err := b.Delete(ctx, "a", &first); !errors.Is(err, ErrChanged) {
			t.Error(err)
		}
		if err := b.Delete(ctx, "a", &second); err != nil || get(t, b, "a") != "nothing" {
			t.Error(err)
		}
		for range 2 { // while it is shown as gone, and later
			if _, err := b.Set(ctx, Entry{Key: "a", Value: []byte("3")}); err != nil || get(t, b, "a") != "3" {
				t.Error(err)
			}
			if err := b.Delete(ctx, "a", nil); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * goneFor)
		}
		if st := h.Status(); len(st) != 1 || st[0].Name != "menu" || !st[0].Flow || st[0].Keys > 1 { // the marker of the last deletion
			t.Errorf("%+v", st)
		}
	})
}

// A key is gone when its time is over, and can be created then.
func TestTheTimeOfAKey(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b := h.own(t)
		if _, err := b.Put(t.Context(), Entry{Key: "a", Value: []byte("1"), Until: time.Now().Add(5 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		if got := get(t, b, "a"); got != "1" {
			t.Error(got)
		}
		time.Sleep(time.Second)
		if got := get(t, b, "a"); got != "nothing" {
			t.Error(got)
		}
		if _, err := b.Set(t.Context(), Entry{Key: "a", Value: []byte("2")}); err != nil {
			t.Error(err)
		}
		// A counter begins again when the time is over that it was given when it was made.
		for i, want := range []int64{1, 2, 3, 1} {
			until := time.Now().Add(10 * time.Second)
			if got, err := b.Add(t.Context(), "n", 1, until); err != nil || got != want {
				t.Errorf("count %d: %d, %v", i, got, err)
			}
			time.Sleep(4 * time.Second)
		}
	})
}

// Every text is a key of its own, and is found by every prefix of it.
func TestAnyTextIsAKey(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b := h.own(t)
		keys := []string{"*", ">", "a.*", "a.>", "a b", "a.b", "a..b", ".a", "a.", ".", "..", "=", "=2A", "a=", "é", "\x00", "\n", "\xff", "a/b", "A", "a", strings.Repeat("é", MostKey/2), strings.Repeat(".", MostKey)}
		for _, key := range keys {
			put(t, b, key, "value of "+key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			if got := get(t, b, key); got != "value of "+key {
				t.Errorf("%q has %q", key, got)
			}
		}
		for _, prefix := range append([]string{""}, keys...) {
			var want []string
			for _, key := range keys {
				if strings.HasPrefix(key, prefix) {
					want = append(want, key)
				}
			}
			if got := walk(t, b, prefix); !slices.Equal(got, want) {
				t.Errorf("with %q begin %q, want %q", prefix, got, want)
			}
		}
		for _, key := range []string{"", strings.Repeat("a", MostKey+1)} {
			if _, err := b.Put(t.Context(), Entry{Key: key}); err == nil {
				t.Errorf("%.9q is a key", key)
			}
		}
	})
}

// A walk comes to each key once, although all are written again meanwhile.
func TestAWalkEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b := h.own(t)
		for i := range 20 {
			put(t, b, fmt.Sprint("k.", i), "1")
		}
		w, err := b.Walk("k.")
		if err != nil {
			t.Fatal(err)
		}
		times := map[string]int{}
		for {
			e, ok, err := w.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if ok {
				times[e.Key]++
				put(t, b, e.Key, "2")
			}
		}
		if len(times) != 20 || times["k.7"] != 1 {
			t.Error(times)
		}
	})
}

// A bucket that is full refuses further keys and longer values, and takes others for its
// keys; other buckets do not notice.
func TestABucketIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b := h.shared(t, "small")
		for i := range 10 {
			put(t, b, fmt.Sprint(i), "x")
		}
		_, err := b.Put(t.Context(), Entry{Key: "eleven"})
		if !errors.Is(err, durable.ErrFull) || !strings.Contains(err.Error(), "10 keys and hold 64KiB") {
			t.Error(err)
		}
		put(t, b, "1", "another")
		if err := b.Delete(t.Context(), "1", nil); err != nil {
			t.Error(err)
		}
		for err = nil; err == nil; {
			_, err = b.Put(t.Context(), Entry{Key: fmt.Sprint(rand.IntN(9) + 1), Value: make([]byte, 16<<10)})
		}
		if !errors.Is(err, durable.ErrFull) {
			t.Error(err)
		}
		if _, err := b.Put(t.Context(), Entry{Key: "1", Value: make([]byte, 16<<10+1)}); err == nil || !strings.Contains(err.Error(), "raise value:") {
			t.Error(err)
		}
		if err := b.Delete(t.Context(), "2", nil); err != nil {
			t.Error("nothing can be deleted when it is full:", err)
		}
		put(t, h.own(t), "a", "1")
	})
}

// A quarter of the files is kept for pushes, however many buckets there are.
func TestBucketsLeaveRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		size := config.Default().NATS.Size
		h.Configure(config.Bucket{Size: size / 4, Keys: 10, Value: 10}, nil)
		var err error
		made := 0
		for i := range 5 {
			b, _ := h.Own(fmt.Sprint("flow", i))
			if _, err = b.Put(t.Context(), Entry{Key: "a"}); err != nil {
				break
			}
			made++
		}
		if made != 3 || err == nil || !strings.Contains(err.Error(), "raise nats.size") {
			t.Error(made, err)
		}
		h.Configure(config.Bucket{Size: size / 8, Keys: 10, Value: 10}, nil)
		b, _ := h.Own("flow0")
		if got := get(t, b, "a"); got != "" {
			t.Error("with other bounds there is", got)
		}
	})
}

// Two hosts, of which the first leaves while both count: nothing is lost, nothing counted
// twice.
func TestCountersAcrossAHandOver(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir, network := t.TempDir(), memnet.New()
		first, second := startHost(t, dir, network), startHost(t, dir, network)
		const each, counters = 20, 4
		var counting sync.WaitGroup
		for _, h := range []*host{first, second} {
			b := h.shared(t, "big")
			for range counters {
				counting.Go(func() {
					for range each {
						if _, err := b.Add(t.Context(), "n", 1, time.Time{}); err != nil {
							t.Error(err)
							return
						}
						time.Sleep(10 * time.Millisecond)
					}
				})
			}
		}
		time.Sleep(50 * time.Millisecond)
		first.store.Yield()
		counting.Wait()
		if !second.store.Status().Holds {
			t.Error("the files have not gone to the second host")
		}
		if got := get(t, second.shared(t, "big"), "n"); got != fmt.Sprint(2*each*counters) {
			t.Errorf("counted are %s", got)
		}
		first.stop()
	})
}

func TestCountersAreWholeNumbers(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		b := h.own(t)
		put(t, b, "text", "1")
		if _, err := b.Add(t.Context(), "text", 1, time.Time{}); err == nil || !strings.Contains(err.Error(), "no whole number") {
			t.Error(err)
		}
		if n, err := b.Add(t.Context(), "n", mostCount, time.Time{}); err != nil || n != mostCount {
			t.Error(n, err)
		}
		if _, err := b.Add(t.Context(), "n", 1, time.Time{}); err == nil || !strings.Contains(err.Error(), "beyond 2^53") {
			t.Error(err)
		}
		if n, err := b.Add(t.Context(), "n", -mostCount, time.Time{}); err != nil || n != 0 {
			t.Error(n, err)
		}
	})
}

// A watch tells each change, of a key that changes often the newest one, through a
// hand-over and after a long silence.
func TestWatch(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir, network := t.TempDir(), memnet.New()
		first, second := startHost(t, dir, network), startHost(t, dir, network)
		b := first.shared(t, "big")
		put(t, b, "a.before", "1")
		w, err := b.Watch(t.Context(), "a.")
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close(context.Background())
		next := func() string {
			t.Helper()
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			e, err := w.Next(ctx)
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				return "timeout"
			case err != nil:
				t.Fatal(err)
			case e.Gone:
				return e.Key + " is gone"
			}
			return e.Key + "=" + string(e.Value)
		}
		want := func(all ...string) {
			t.Helper()
			for _, text := range append(all, "timeout") {
				if got := next(); got != text {
					t.Errorf("told is %q, not %q", got, text)
				}
			}
		}
		want()
		put(t, b, "a.1", "1")
		put(t, b, "b", "1")
		put(t, b, "a.2", "1")
		want("a.1=1", "a.2=1")
		for i := range 100 {
			put(t, b, "a.1", fmt.Sprint(i))
		}
		want("a.1=99")
		time.Sleep(time.Hour)
		if err := b.Delete(t.Context(), "a.1", nil); err != nil {
			t.Fatal(err)
		}
		want("a.1 is gone")
		first.store.Yield()
		time.Sleep(time.Second)
		if _, err := second.shared(t, "big").Put(t.Context(), Entry{Key: "a.3", Value: []byte("1"), Until: time.Now().Add(3 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		if got := next(); got != "a.3=1" {
			t.Error(got)
		}
		time.Sleep(4 * time.Second)
		want("a.3 is gone")
	})
}

// A wait ends with its context, although nothing can be reached, and says why.
func TestNothingCanBeReached(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "nats"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		h := startHost(t, dir, memnet.New())
		b := h.own(t)
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		began := time.Now()
		if _, err := b.Put(ctx, Entry{Key: "a"}); err == nil || !strings.Contains(err.Error(), "not a directory") || time.Since(began) > 4*time.Second {
			t.Error(err, time.Since(began))
		}
		ctx, stop = context.WithCancel(t.Context())
		go func() { synctest.Wait(); stop() }()
		if _, _, err := b.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := os.Remove(filepath.Join(dir, "nats")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		put(t, b, "a", "1")
	})
}

func TestTokens(t *testing.T) {
	if a, b := token("a/b"), token("a.b"); a == b || strings.ContainsAny(a+b, "./*>") {
		t.Error(a, b)
	}
}
