package outbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// A push arrives as Standard Webhooks has it.
func TestAPushIsDelivered(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		id := b.accept(Push{Endpoint: "crm", Type: "call.ended", Query: "action=hangup&x=%20", Body: []byte(`{"a":1}`)})
		got := b.waitFor(1)[0]
		if got.id != id || got.method != "POST" || got.target != "/crm?key=1&action=hangup&x=%20" || got.body != `{"a":1}` || got.header.Get("Authorization") != "Bearer x" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%+v", got)
		}
		hook, err := webhook.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := hook.Verify([]byte(got.body), got.header); err != nil {
			t.Errorf("the signature: %v", err)
		}
		time.Sleep(time.Hour)
		if n := len(b.waitFor(1)); n != 1 {
			t.Errorf("it came %d times", n)
		}
		if s := b.Status(); len(s) != 1 || !s[0].Known || s[0].Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// While an endpoint is away for an hour, nothing is lost, it is asked seldom, another
// one is not delayed, and what has one order key arrives in order.
func TestAnEndpointIsAwayForAnHour(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm", "other")
		b.answer = func(r received) (int, http.Header, string) {
			if strings.HasPrefix(r.target, "/crm") && time.Since(b.began) < time.Hour {
				return 503, nil, "closed"
			}
			return 200, nil, ""
		}
		want := map[string][]string{}
		for i := range 100 {
			call := fmt.Sprint("call", i%20)
			want[call] = append(want[call], b.accept(Push{Endpoint: "crm", Order: call, Body: fmt.Append(nil, call)}))
		}
		other := b.accept(Push{Endpoint: "other"})
		asked, arrived, delivered, when := 0, 0, map[string][]string{}, time.Duration(0)
		for n := 1; arrived < 100; n++ {
			got := b.waitFor(n)[n-1]
			switch {
			case got.id == other:
				when = got.at
			case got.at < time.Hour:
				asked++
			default:
				arrived++
				delivered[got.body] = append(delivered[got.body], got.id)
			}
		}
		if when > time.Second {
			t.Errorf("the other endpoint had to wait for %v", when)
		}
		if asked < 8 || asked > 20 {
			t.Errorf("the endpoint was asked %d times while it was away", asked)
		}
		for call, ids := range want {
			if !slices.Equal(delivered[call], ids) {
				t.Errorf("%s: came %v, not %v", call, delivered[call], ids)
			}
		}
	})
}

// Each kind of answer that is no success is tried again, later and later; 410 and a
// time that is over are not.
func TestAnswersThatAreNoSuccess(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(received) (int, http.Header, string)
		down   bool
		second time.Duration // when it is tried again
	}{
		{"301", func(received) (int, http.Header, string) { return 301, http.Header{"Location": {"/elsewhere"}}, "" }, false, 5 * time.Second},
		{"404", always(404), false, 5 * time.Second},
		{"500", always(500), false, 5 * time.Second},
		{"429", func(received) (int, http.Header, string) { return 429, http.Header{"Retry-After": {"90"}}, "" }, false, 90 * time.Second},
		{"429 with a date", func(received) (int, http.Header, string) {
			return 429, http.Header{"Retry-After": {time.Now().Add(120 * time.Second).UTC().Format(http.TimeFormat)}}, ""
		}, false, 120 * time.Second},
		{"cut", always(0), false, 5 * time.Second},
		{"slow", func(received) (int, http.Header, string) { time.Sleep(10 * time.Second); return 200, nil, "" }, false, 8 * time.Second},
		{"away", nil, true, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				b.set(test.down, test.answer)
				id := b.accept(Push{Endpoint: "crm", Body: []byte("x")})
				time.Sleep(test.second - 100*time.Millisecond)
				b.set(false, nil)
				first := 1
				if test.down {
					first = 0
				}
				if got := b.waitFor(first); len(got) != first {
					t.Errorf("%d requests came early", len(got)-first)
				}
				second := b.waitFor(first + 1)[first]
				if second.id != id || second.method != "POST" || second.body != "x" || second.at < test.second || second.at > test.second+2*time.Second {
					t.Errorf("the second attempt: %+v", second)
				}
			})
		})
	}
}

// Pushes that an endpoint cannot bear hold up no other one.
func TestPoisonHoldsUpNoOtherPush(t *testing.T) {
	for name, answer := range map[string]func(received) (int, http.Header, string){
		"400": always(400), "500": always(500), "cut": always(0),
		"slow": func(received) (int, http.Header, string) { time.Sleep(10 * time.Second); return 200, nil, "" },
	} {
		t.Run(name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				b.set(false, func(r received) (int, http.Header, string) {
					if r.body == "poison" {
						return answer(r)
					}
					return 200, nil, ""
				})
				for i := range 20 {
					b.accept(Push{Endpoint: "crm", Order: fmt.Sprint(i), Body: []byte("poison")})
				}
				time.Sleep(3 * time.Minute) // most of them are tried again and again
				began := time.Since(b.began)
				id := b.accept(Push{Endpoint: "crm", Body: []byte("x")})
				for n := 1; ; n++ {
					if got := b.waitFor(n)[n-1]; got.id == id {
						if took := got.at - began; took > 10*time.Second {
							t.Errorf("it came after %v", took)
						}
						return
					}
				}
			})
		})
	}
}

// Many pushes with one order key wait for their turns without being asked for again and
// again, and delay no other.
func TestManyPushesOfOneOrder(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(true, nil)
		var want []string
		for range 300 {
			want = append(want, b.accept(Push{Endpoint: "crm", Order: "all"}))
		}
		time.Sleep(time.Hour)
		b.set(false, func(received) (int, http.Header, string) { time.Sleep(20 * time.Millisecond); return 200, nil, "" })
		other := b.accept(Push{Endpoint: "crm", Order: "other"})
		var came []string
		for i, r := range b.waitFor(301) {
			if r.id != other {
				came = append(came, r.id)
			} else if i > 20 {
				t.Errorf("the other push came after %d", i)
			}
		}
		if !slices.Equal(came, want) {
			t.Errorf("came in the order %v", came)
		}
		if last := b.got[300].at - b.got[0].at; last > 30*time.Second {
			t.Errorf("300 pushes took %v", last)
		}
		js, err := b.Store.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		c, err := js.Consumer(t.Context(), outStream, "crm")
		if err != nil {
			t.Fatal(err)
		}
		if n := c.CachedInfo().Delivered.Consumer; n > 301*5 {
			t.Errorf("301 pushes were asked for %d times", n)
		}
	})
}

// An endpoint that has said 200 has the push, whatever its answer's body is.
func TestAHostileBody(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, func(received) (int, http.Header, string) { return 200, nil, strings.Repeat("x", 3<<20) })
		id := b.accept(Push{Endpoint: "crm"})
		time.Sleep(time.Hour)
		if got := b.waitFor(1); len(got) != 1 {
			t.Errorf("the push came %d times", len(got))
		}
		if d, err := b.Show(t.Context(), id); err != nil || len(d.Attempts) != 1 || len(d.Attempts[0].Answer) != mostAnswer {
			t.Errorf("%d attempts, %v", len(d.Attempts), err)
		}
	})
}
