package outbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// An endpoint that says 410 gets a push no more, nor one that has waited for too long;
// both can be sent again by hand.
func TestDeadLetters(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "gone", "broken")
		b.stop()
		c := b.config["broken"]
		c.GiveUp = config.Duration(time.Hour)
		b.config["broken"] = c
		b.start()
		b.answer = func(r received) (int, http.Header, string) {
			if strings.HasPrefix(r.target, "/gone") {
				return 410, nil, "never again"
			}
			return 500, nil, "out of order"
		}
		gone, broken := b.accept(Push{Endpoint: "gone", Body: []byte("1")}), b.accept(Push{Endpoint: "broken", Body: []byte("2")})
		time.Sleep(time.Hour + durable.LongestPause)
		n := len(b.waitFor(2))
		time.Sleep(2 * durable.LongestPause)
		if more := len(b.waitFor(2)); more != n {
			t.Errorf("%d attempts after they were given up", more-n)
		}
		letters, total, err := b.List(t.Context(), durable.Query{State: durable.Dead, Most: 10})
		if err != nil || total != 2 || len(letters) != 2 {
			t.Fatalf("%+v, %d, %v", letters, total, err)
		}
		for _, l := range letters {
			if l.ID == gone && !strings.Contains(l.Error, "410 Gone") || l.ID == broken && !strings.Contains(l.Error, "500") {
				t.Errorf("%+v", l)
			}
		}
		push, err := b.Show(t.Context(), broken)
		if err != nil || string(push.Body) != "2" || len(push.Attempts) < 12 || push.Attempts[0].Status != 500 || push.Attempts[0].Answer != "out of order" {
			t.Errorf("%+v, %v", push, err)
		}
		b.set(false, nil)
		if _, err := b.Retry(t.Context(), durable.Query{IDs: []string{gone}}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if got := b.waitFor(n + 1)[n]; got.id != gone || got.body != "1" {
			t.Errorf("%+v", got)
		}
		if _, err := b.Drop(t.Context(), durable.Query{IDs: []string{broken}}); err != nil {
			t.Error(err)
		}
		if letters, _, _ := b.List(t.Context(), durable.Query{State: durable.Dead, Most: 10}); len(letters) != 0 {
			t.Errorf("%+v", letters)
		}
		if _, err := b.Drop(t.Context(), durable.Query{IDs: []string{"nobody"}}); err == nil {
			t.Error("a push that is not there was dropped")
		}
	})
}

// What waits can be dropped, or sent at once although the endpoint rests.
func TestWhatWaitsIsDroppedOrTriedAtOnce(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, always(500))
		dropped, kept := b.accept(Push{Endpoint: "crm", Body: []byte("1")}), b.accept(Push{Endpoint: "crm", Body: []byte("2")})
		time.Sleep(time.Hour)
		if n, err := b.Drop(t.Context(), durable.Query{IDs: []string{dropped}}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		b.set(false, nil)
		before, began := len(b.waitFor(1)), time.Since(b.began)
		if n, err := b.Retry(t.Context(), durable.Query{State: durable.Waiting}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		got := b.waitFor(before + 1)[before]
		if got.id != kept || got.at > began+2*time.Second {
			t.Errorf("%s came %v later", got.id, got.at-began)
		}
		time.Sleep(time.Hour)
		if n := len(b.waitFor(1)); n != before+1 {
			t.Errorf("%d requests came, not %d", n, before+1)
		}
	})
}

// What waits is tried at once, and comes once, however many there are.
func TestAllThatWaitAreTriedOnce(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(true, nil)
		const all = 250
		for range all {
			b.accept(Push{Endpoint: "crm", Body: []byte("1")})
		}
		time.Sleep(10 * time.Minute)
		before := len(b.waitFor(0))
		b.set(false, func(received) (int, http.Header, string) {
			time.Sleep(time.Second) // meanwhile others are put in line
			return 204, nil, ""
		})
		if _, err := b.Retry(t.Context(), durable.Query{State: durable.Waiting}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		got := map[string]int{}
		for _, r := range b.waitFor(before + all)[before:] {
			got[r.id]++
		}
		for id, n := range got {
			if n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
		if len(got) != all {
			t.Errorf("%d pushes came, not %d", len(got), all)
		}
	})
}
