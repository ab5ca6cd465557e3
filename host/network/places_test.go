package network

import (
	"errors"
	"net/http"
	"runtime"
	"testing"
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

// A flow with many requests does not keep another one waiting until all of them are done.
func TestPlacesAreSharedByFlow(t *testing.T) {
	s := &places{clock: clock.NewManual(time.Now()), most: 2, long: time.Hour, by: map[string]*line{}}
	got := make(chan string, 10)
	gives := make(chan func(), 10)
	waiting := 0
	ask := func(flow string) {
		go func() {
			give, err := s.take(t.Context(), flow, "http://a", func() {})
			if err != nil {
				flow = err.Error()
			}
			gives <- give
			got <- flow
		}()
		if waiting++; waiting <= 2 {
			<-got
			return
		}
		for n := 0; n < waiting-2; runtime.Gosched() {
			s.mu.Lock()
			n = len(s.by["http://a"].waiting)
			s.mu.Unlock()
		}
	}
	for _, flow := range []string{"many", "many", "many", "many", "few", "many"} {
		ask(flow)
	}
	order := ""
	for range 4 {
		(<-gives)()
		order += <-got + " "
	}
	if order != "few many many many " {
		t.Errorf("the order is %s", order)
	}
	(<-gives)()
	(<-gives)()
	if len(s.by) != 0 {
		t.Error("places are left")
	}
}
