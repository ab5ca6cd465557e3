package console

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
)

// An Event is one of FreeSWITCH's, as consoles show it.
type Event struct {
	Node    string      `json:"node"`
	At      time.Time   `json:"at"` // when it came
	Name    string      `json:"name"`
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body,omitempty"`
	Lost    uint64      `json:"lost,omitempty"` // events of the node that came too fast since the last one
}

// A wish is what a pattern of events means.
type wish struct {
	name  string      // a pattern, in upper case
	where [][2]string // headers, and patterns for their values
}

// readWish reads a pattern: the name of an event or the subclass of a CUSTOM one, in which *
// stands for any text, and then conditions HEADER=PATTERN.
func readWish(text string) (wish, error) {
	w := wish{name: "*"}
	for i, word := range strings.Fields(text) {
		name, value, isCondition := strings.Cut(word, "=")
		if i == 0 && !isCondition {
			w.name = strings.ToUpper(word)
			value = word
		} else if !isCondition {
			return w, fmt.Errorf("%.64q is no condition: after the pattern of the events come HEADER=VALUE", word)
		} else {
			w.where = append(w.where, [2]string{name, strings.ToUpper(value)})
		}
		if _, err := path.Match(value, ""); err != nil {
			return w, fmt.Errorf("%.64q is no pattern: %w", value, err)
		}
	}
	return w, nil
}

// interest returns what FreeSWITCH must be asked for.
func (w wish) interest(text string) node.Interest {
	name, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch {
	case strings.ContainsAny(w.name, `*?[\`):
		return node.Interest{Event: "ALL"}
	case strings.Contains(w.name, "::"):
		return node.Interest{Event: "CUSTOM", Subclass: name}
	}
	return node.Interest{Event: w.name}
}

func (w wish) holds(e esl.Event) bool {
	if !like(w.name, e.Name()) && !like(w.name, e.Get("Event-Subclass")) {
		return false
	}
	for _, c := range w.where {
		if value, ok := e.Lookup(c[0]); !ok || !like(c[1], value) {
			return false
		}
	}
	return true
}

// like reports whether a text matches a pattern in upper case. A slash is nothing special.
func like(pattern, text string) bool {
	slashes := strings.NewReplacer("/", "\x00")
	ok, _ := path.Match(slashes.Replace(pattern), slashes.Replace(strings.ToUpper(text)))
	return ok
}

// watch shows the events that a pattern selects, until ctx ends. With a call they are those
// of its channel.
func (s *session) watch(ctx context.Context, text string) error {
	w, err := readWish(text)
	if err != nil {
		return err
	}
	if s.opening.Call != "" {
		w.where = append(w.where, [2]string{"Unique-ID", strings.ToUpper(s.opening.Call)})
	}
	nodes := s.nodes()
	if len(nodes) == 0 {
		return fmt.Errorf("eslua has no node whose events it could show; the configuration names them (nodes:)")
	}
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	events := make(chan Event)
	for _, l := range nodes {
		sub := l.Subscribe(node.Bounds{})
		defer sub.Close()
		if st := l.Status(); !st.Up {
			s.tell(Answer{Level: "WARN", Said: fmt.Sprintf("FreeSWITCH %s is not connected, so that nothing is heard of it: %s", l.Name(), cmp.Or(st.LastError, "it has not answered yet"))})
		}
		if err := sub.Add(w.interest(text)); err != nil {
			return err
		}
		all.Go(func() { s.hear(ctx, l, sub, w, events) })
	}
	for {
		select {
		case e := <-events:
			s.tell(Answer{Event: &e})
		case <-ctx.Done():
			return nil
		}
	}
}

// hear passes on the events of a node.
func (s *session) hear(ctx context.Context, l *node.Link, sub *node.Subscription, w wish, to chan<- Event) {
	var lost uint64
	for {
		e, err := sub.Next(ctx)
		if err != nil {
			return
		}
		if !w.holds(e) {
			continue
		}
		shown := Event{Node: l.Name(), At: s.deps.Clock.Now(), Name: e.Name(), Body: e.Body()}
		for name, value := range e.All() {
			shown.Headers = append(shown.Headers, [2]string{name, value})
		}
		if n := sub.Lost(); n > lost {
			shown.Lost, lost = n-lost, n
		}
		select {
		case to <- shown:
		case <-ctx.Done():
			return
		}
	}
}
