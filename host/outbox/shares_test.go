package outbox

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A flow whose pushes wait leaves half of the room to the others, and has its own again when
// they are delivered, by whichever host.
func TestAFlowHasItsShare(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.stop()
		b.size = 16 << 20
		b.start()
		b.set(true, nil)
		fill := func(flow string) (n int) {
			for ; n < 100; n++ {
				_, err := b.Accept(t.Context(), Push{Endpoint: "crm", Flow: flow, Body: make([]byte, 1<<18)})
				if errors.Is(err, errShare) {
					return n
				} else if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * lookAfter)
			}
			return n
		}
		first, second := fill("a"), fill("b")
		if first < 20 || first > 26 || second < first/3 || second > first/2+1 {
			t.Errorf("%d and %d pushes of 256 KiB have room in 12 MiB", first, second)
		}
		if again := fill("a"); again != 0 {
			t.Errorf("%d more", again)
		}
		b.accept(Push{Endpoint: "crm"}) // of the configuration
		other := New(b.config, b.Deps)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = other.Run(ctx) })
		b.set(false, nil)
		b.waitFor(first + second + 1)
		stop()
		running.Wait()
		time.Sleep(time.Minute)
		if now := fill("a"); now < first-1 {
			t.Errorf("%d have room when nothing waits", now)
		}
	})
}

// What a script pushes is in nobody's way who pushes under the same id, or in the same order.
func TestAFlowIsInNobodysWay(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, func(r received) (int, http.Header, string) {
			if r.body == "poison" {
				return 400, nil, ""
			}
			return 200, nil, ""
		})
		b.accept(Push{Endpoint: "crm", Flow: "a", ID: OwnID("a", "1"), Order: "call", Body: []byte("poison")})
		b.waitFor(1)
		b.accept(Push{Endpoint: "crm", Flow: "b", ID: OwnID("b", "1"), Order: "call", Body: []byte("of b")})
		b.accept(Push{Endpoint: "crm", Order: "call", Body: []byte("of the configuration")})
		b.accept(Push{Endpoint: "crm", Flow: "a", ID: OwnID("a", "2"), Order: "call", Body: []byte("behind it")})
		time.Sleep(3 * time.Second)
		var got []string
		for _, r := range b.waitFor(3) {
			got = append(got, r.body)
		}
		if slices.Sort(got); !slices.Equal(got, []string{"of b", "of the configuration", "poison"}) {
			t.Errorf("%q", got)
		}
	})
}
