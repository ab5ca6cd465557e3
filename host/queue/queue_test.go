package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A host is one process on a machine whose hosts share a directory.
type host struct {
	*Queues
	t     *testing.T
	store *durable.Store
	stop  func()
}

var queues = map[string]config.Queue{
	"orders": {Size: 1 << 20, Messages: 1000, Message: 1 << 10, Attempts: 3, Silence: config.Duration(30 * time.Second)},
	"small":  {Size: 64 << 10, Messages: 3, Message: 1 << 10, Attempts: 1, Silence: config.Duration(30 * time.Second)},
}

func startHost(t *testing.T, dir string, network *memnet.Network) *host {
	log := slog.New(slog.DiscardHandler)
	store := durable.New(config.Default().NATS, dir, durable.Network{Listen: network.ListenOn, Dial: network.Dial}, log, clock.System())
	var mu sync.Mutex
	ids := 0
	newID := func() string {
		mu.Lock()
		defer mu.Unlock()
		ids++
		return fmt.Sprint("m", ids)
	}
	h := &host{Queues: New(queues, Deps{Store: store, NewID: newID, Rand: func() float64 { return 0.5 }, Log: log, Clock: clock.System()}), t: t, store: store}
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

func (h *host) publish(queue, id, value string) {
	h.t.Helper()
	if _, err := h.Publish(h.t.Context(), Message{Queue: queue, ID: id, Value: []byte(value)}); err != nil {
		h.t.Fatal(err)
	}
}

// next returns the next message, nil if none comes for a while.
func (h *host) next(queue string, within time.Duration) *Delivery {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), within)
	defer stop()
	d, err := h.Next(ctx, queue)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		h.t.Fatal(err)
	}
	return d
}

func (h *host) list(state string) (ids []string, errs []string) {
	h.t.Helper()
	list, _, err := h.List(h.t.Context(), durable.Query{State: state, Most: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range list {
		ids, errs = append(ids, l.Queue+"/"+l.ID), append(errs, l.Error)
	}
	return ids, errs
}

func TestEachMessageComesOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		for i := range 5 {
			h.publish("orders", fmt.Sprint(i), "v")
		}
		h.publish("orders", "4", "the same again")
		h.publish("orders", "", "made")
		for i := range 6 {
			d := h.next("orders", time.Second)
			if d == nil {
				t.Fatal("nothing comes")
			}
			if want := []string{"0", "1", "2", "3", "4", "m1"}[i]; d.ID != want || d.Attempt != 1 || i < 5 && string(d.Value) != "v" {
				t.Errorf("%+v, not %s", d, want)
			}
			if err := d.Ack(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if d := h.next("orders", 5*time.Minute); d != nil {
			t.Errorf("%s comes again", d.ID)
		}
		if ids, _ := h.list(durable.Waiting); len(ids) > 0 {
			t.Error(ids)
		}
	})
}

// A message that fails comes later each time, and is a dead letter in the end, which is
// tried again by hand.
func TestAMessageThatFails(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		h.publish("orders", "bad", "v")
		began, at := time.Now(), []time.Duration{}
		for i := range 3 {
			d := h.next("orders", time.Minute)
			at = append(at, time.Since(began).Round(time.Second))
			if err := d.Fail(t.Context(), fmt.Sprint("no\nway ", i), 0); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(at, []time.Duration{0, 5 * time.Second, 15 * time.Second}) {
			t.Error(at)
		}
		if d := h.next("orders", 5*time.Minute); d != nil {
			t.Errorf("a dead letter comes: %+v", d)
		}
		if ids, errs := h.list(durable.Dead); !slices.Equal(ids, []string{"orders/bad"}) || errs[0] != "no way 2" {
			t.Error(ids, errs)
		}
		if st := h.Status()[0]; st.Dead != 1 || st.Waiting != 0 || st.Last.Error != "no way 2" {
			t.Errorf("%+v", st)
		}
		if n, err := h.Retry(t.Context(), durable.Query{IDs: []string{"bad"}}); n != 1 || err != nil {
			t.Error(n, err)
		}
		d := h.next("orders", time.Second)
		if d == nil || d.Attempt != 1 || string(d.Value) != "v" {
			t.Errorf("%+v", d)
		}
		if err := d.Fail(t.Context(), "later", 10*time.Minute); err != nil {
			t.Error(err)
		}
		if d := h.next("orders", 5*time.Minute); d != nil {
			t.Error("it comes before its time")
		}
		if n, err := h.Retry(t.Context(), durable.Query{State: durable.Waiting, Of: "orders"}); n != 1 || err != nil {
			t.Error(n, err)
		}
		if d := h.next("orders", time.Second); d == nil {
			t.Error("it does not come")
		} else {
			d.Return()
		}
		time.Sleep(time.Second)
		if n, err := h.Drop(t.Context(), durable.Query{State: durable.Waiting}); n != 1 || err != nil {
			t.Error(n, err)
		}
		if d := h.next("orders", 5*time.Minute); d != nil {
			t.Error("what was dropped comes")
		}
		if _, err := h.Drop(t.Context(), durable.Query{IDs: []string{"bad"}}); !errors.Is(err, errUnknown) {
			t.Error(err)
		}
	})
}

// While a script works on a message, however long, nobody else gets it; when its host is
// killed, another one does; when that happens each time, it is a dead letter.
func TestHostsAreKilled(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		h.publish("orders", "a", "v")
		d := h.next("orders", time.Second)
		if other := h.next("orders", 10*time.Minute); other != nil {
			t.Error("another script gets it meanwhile")
		}
		for attempt := 2; attempt <= 3; attempt++ {
			d.end() // is no more heard of
			d = h.next("orders", time.Minute)
			if d == nil || d.Attempt != attempt {
				t.Fatalf("%+v", d)
			}
		}
		d.end()
		if d := h.next("orders", 5*time.Minute); d != nil {
			t.Errorf("%+v", d)
		}
		if ids, errs := h.list(durable.Dead); len(ids) != 1 || !strings.Contains(errs[0], "3 attempts ended without a word") {
			t.Error(ids, errs)
		}
	})
}

// Two hosts work one queue; the first goes, with the files, while both do. Each message is
// worked off once.
func TestTwoHostsAndAHandOver(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		dir, network := t.TempDir(), memnet.New()
		first, second := startHost(t, dir, network), startHost(t, dir, network)
		const messages = 60
		var mu sync.Mutex
		done := map[string]int{}
		by := map[*host]int{}
		var working sync.WaitGroup
		for _, h := range []*host{first, first, second} {
			working.Go(func() {
				for {
					d := h.next("orders", time.Minute)
					if d == nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
					mu.Lock()
					done[d.ID]++
					by[h]++
					mu.Unlock()
					if err := d.Ack(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range messages {
			h := []*host{first, second}[i%2]
			h.publish("orders", fmt.Sprint(i), "v")
			if i == messages/2 {
				first.store.Yield()
			}
		}
		working.Wait()
		if len(done) != messages || by[first] == 0 || by[second] == 0 || !second.store.Status().Holds {
			t.Errorf("%d are worked off, by host: %v", len(done), by)
		}
		for id, n := range done {
			if n != 1 {
				t.Errorf("%s is worked off %d times", id, n)
			}
		}
		first.stop()
	})
}

// A queue that is full refuses messages; the other does not notice.
func TestAQueueIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		for range 3 {
			h.publish("small", "", "v")
		}
		_, err := h.Publish(t.Context(), Message{Queue: "small"})
		if !errors.Is(err, durable.ErrFull) || !strings.Contains(err.Error(), "it may have 3 messages") {
			t.Error(err)
		}
		if _, err := h.Publish(t.Context(), Message{Queue: "orders", Value: make([]byte, 1<<10+1)}); err == nil || !strings.Contains(err.Error(), "raise queues: orders: message:") {
			t.Error(err)
		}
		if _, err := h.Publish(t.Context(), Message{Queue: "orders", ID: "a.b"}); err == nil {
			t.Error("an id with a dot")
		}
		if err := h.Check("other"); err == nil || !strings.Contains(err.Error(), "write queues: {other: {}}") {
			t.Error(err)
		}
		h.publish("orders", "", "v")
		d := h.next("small", time.Second)
		if err := d.Ack(t.Context()); err != nil {
			t.Error(err)
		}
		h.publish("small", "", "v")
	})
}

// A message with the id of another flow's does not take its place.
func TestAnIDIsItsFlows(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		for _, flow := range []string{"a", "b", "a", "hooks/c d\n"} {
			if _, err := h.Publish(t.Context(), Message{Queue: "orders", ID: "1", Flow: flow, Value: []byte(flow)}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for range 3 {
			d := h.next("orders", time.Second)
			got = append(got, d.Flow+"="+string(d.Value))
			if err := d.Ack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"a=a", "b=b", "hooks/c d\n=hooks/c d\n"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if ids, _ := h.list(durable.Waiting); len(ids) > 0 {
			t.Errorf("%v is there twice", ids)
		}
	})
}
