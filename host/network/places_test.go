package network

import (
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Requests that last keep nobody from the server, and nobody takes the server for dead.
func TestLongRequestsMakeRoom(t *testing.T) {
	c, clk := newClient(t, func(c *config.HTTP) { c.Connections = 2 })
	asked := make(chan string, 20)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	})
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := c.Do(t.Context(), local(), Request{URL: url + "/slow", Response: time.Hour})
			ended <- err
		}()
		<-asked
	}
	clk.Advance(time.Second) // the others come later
	for range 2 {
		answered := make(chan error)
		go func() {
			_, err := c.Do(t.Context(), local(), Request{URL: url + "/quick"})
			answered <- err
		}()
		for waiting := 0; waiting == 0; runtime.Gosched() {
			c.places.mu.Lock()
			for _, l := range c.places.by {
				waiting = len(l.waiting)
			}
			c.places.mu.Unlock()
			if len(asked) > 0 {
				break // the place of the one before is free
			}
		}
		clk.Advance(time.Duration(config.Default().HTTP.Response) - time.Second)
		if err := <-answered; err != nil {
			t.Errorf("a quick request ends with %v", err)
		}
		<-asked
	}
	if err := <-ended; !errors.Is(err, errCrowded) {
		t.Errorf("the oldest one ends with %v", err)
	}
	for _, e := range c.endpoints.all() {
		if e.Row > 0 {
			t.Errorf("the server is to blame: %+v", e)
		}
	}
	if len(ended) > 0 {
		t.Errorf("another one ended too: %v", <-ended)
	}
	c.places.mu.Lock()
	for _, p := range c.places.by {
		p.taken[0].end()
	}
	c.places.mu.Unlock()
	<-ended
	if len(c.places.by) != 0 {
		t.Error("places are left")
	}
}

// A flow with many requests keeps nobody else waiting: the last tenth of the places is for
// flows that have none, and who has the fewest gets the next one.
func TestPlacesAreSharedByFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &places{clock: clock.System(), most: 4, long: time.Hour, by: map[string]*line{}}
		var mu sync.Mutex
		gives, got := map[string][]func(){}, map[string]int{}
		ask := func(flow string, n int) {
			for range n {
				go func() {
					give, err := s.take(t.Context(), flow, "http://a", func() {})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					gives[flow] = append(gives[flow], give)
					got[flow]++
				}()
			}
			synctest.Wait()
		}
		give := func(flow string) {
			mu.Lock()
			give := gives[flow][0]
			gives[flow] = gives[flow][1:]
			mu.Unlock()
			give()
			synctest.Wait()
		}
		has := func(what string, many, few, other int) {
			t.Helper()
			if got["many"] != many || got["few"] != few || got["other"] != other {
				t.Errorf("%s: they have got %v", what, got)
			}
		}
		ask("many", 6)
		has("the last place is left", 3, 0, 0)
		ask("few", 3)
		has("it is for who has none", 3, 1, 0)
		give("many")
		has("it is left again", 3, 1, 0)
		ask("other", 1)
		has("for another one", 3, 1, 1)
		give("many")
		give("other")
		has("who has waited the longest is next", 4, 1, 1)
		give("few")
		has("who has none is next", 4, 2, 1)
		give("few")
		give("few")
		give("many")
		has("in the end", 6, 3, 1)
		for len(gives["many"]) > 0 {
			give("many")
		}
		if len(s.by) != 0 {
			t.Error("places are left")
		}
	})
}
