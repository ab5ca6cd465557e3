package node

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A filter is a header and its value, in lower case; the zero one admits every event.
type filter struct{ header, value string }

// A board knows which Subscription wants which events, and what FreeSWITCH has
// answered to the requests for them. The effort for an event grows with the number of
// Subscriptions that get it, not with that of all: each call may have one.
type board struct {
	changed chan struct{} // holds one signal: there may be something new to request

	mu      sync.Mutex
	wanted  map[Interest]map[string]map[string]map[*Subscription]struct{} // by header and value
	events  uint64                                                        // distributed so far
	made    uint64                                                        // Subscriptions with a receiver so far
	direct  []*Subscription                                               // room for those that get an event
	answers map[string]error                                              // to the requests on this connection
	news    chan struct{}                                                 // closed at the next answer or loss of the connection
}

func newBoard() *board {
	return &board{
		changed: make(chan struct{}, 1),
		wanted:  map[Interest]map[string]map[string]map[*Subscription]struct{}{},
		answers: map[string]error{}, news: make(chan struct{}),
	}
}

func (b *board) add(s *Subscription, i Interest) {
	b.mu.Lock()
	b.unlist(s)
	s.interests = append(s.interests, i)
	b.list(s)
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

func (b *board) filter(s *Subscription, f filter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unlist(s)
	s.filters = append(s.filters, f)
	b.list(s)
}

// replace ends some Subscriptions and begins others.
func (b *board) replace(old, now []*Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range old {
		b.unlist(s)
		s.interests, s.filters = nil, nil
	}
	for _, s := range now {
		b.made++
		s.muted, s.number = false, b.made
	}
}

func (b *board) list(s *Subscription) {
	for _, i := range s.interests {
		for _, f := range s.admitted() {
			headers := b.wanted[i]
			if headers == nil {
				headers = map[string]map[string]map[*Subscription]struct{}{}
				b.wanted[i] = headers
			}
			values := headers[f.header]
			if values == nil {
				values = map[string]map[*Subscription]struct{}{}
				headers[f.header] = values
			}
			if values[f.value] == nil {
				values[f.value] = map[*Subscription]struct{}{}
			}
			values[f.value][s] = struct{}{}
		}
	}
}

func (b *board) unlist(s *Subscription) {
	for _, i := range s.interests {
		for _, f := range s.admitted() {
			headers := b.wanted[i]
			values := headers[f.header]
			delete(values[f.value], s)
			if len(values[f.value]) == 0 {
				delete(values, f.value)
			}
			if len(values) == 0 {
				delete(headers, f.header)
			}
			if len(headers) == 0 {
				delete(b.wanted, i)
			}
		}
	}
}

func (s *Subscription) admitted() []filter {
	if len(s.filters) == 0 {
		return []filter{{}}
	}
	return s.filters
}

// requests returns what FreeSWITCH must be asked for.
func (b *board) requests() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]bool{}
	for i := range b.wanted {
		all[i.request()] = true
	}
	return all
}

// unwanted returns which of the requests that were made and answered are for a subclass
// that nobody wants.
func (b *board) unwanted(made map[string]bool) (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range made {
		if subclass, ok := strings.CutPrefix(name, custom+" "); ok && b.wanted[Interest{custom, subclass}] == nil {
			if _, answered := b.answers[name]; answered {
				names = append(names, name)
			}
		}
	}
	return names
}

// distribute puts an event into the queues of those who want it. It returns whether
// anybody wants events of this kind, and the queues that have just begun to lose some.
func (b *board) distribute(e esl.Event) (isWanted bool, lost int, full []*Subscription) {
	name := e.Name()
	kinds, some := [4]Interest{{name, ""}, {allEvents, ""}}, 2
	if name == custom { // no other event is asked for by its subclass
		if subclass := e.Get("Event-Subclass"); subclass != "" {
			kinds[2], kinds[3], some = Interest{custom, subclass}, Interest{allEvents, subclass}, 4
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	for _, kind := range kinds[:some] {
		for header, values := range b.wanted[kind] {
			isWanted = true
			value, ok := "", true
			if header != "" {
				value, ok = e.Lookup(header)
			}
			if !ok {
				continue
			}
			for s := range values[strings.ToLower(value)] {
				if s.offered == b.events || s.muted {
					continue
				}
				s.offered = b.events
				if s.receive != nil {
					b.direct = append(b.direct, s)
					continue
				}
				isLost, isFirst := s.offer(e)
				if isLost {
					lost++
				}
				if isFirst {
					full = append(full, s)
				}
			}
		}
	}
	b.deliver(e)
	return isWanted, lost, full
}

// deliver passes an event to those who receive it themselves, in the order in which they
// began.
func (b *board) deliver(e esl.Event) {
	if len(b.direct) > 1 {
		slices.SortFunc(b.direct, func(x, y *Subscription) int { return cmp.Compare(x.number, y.number) })
	}
	for i, s := range b.direct {
		s.receive(e)
		b.direct[i] = nil
	}
	b.direct = b.direct[:0]
}

// answered notes FreeSWITCH's answer to a request.
func (b *board) answered(request string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[request] = err
	b.tell()
}

// forget notes that a request must be made again.
func (b *board) forget(request string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.answers, request)
}

// disconnected notes that there is no connection: all requests must be made again.
func (b *board) disconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.answers)
	b.tell()
}

func (b *board) tell() {
	close(b.news)
	b.news = make(chan struct{})
}

// answer reports whether all requests for s were answered, with the first refusal, and
// otherwise what to wait for.
func (b *board) answer(s *Subscription) (all bool, refusal error, news <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all = true
	for _, i := range s.interests {
		err, ok := b.answers[i.request()]
		all = all && ok
		if refusal == nil {
			refusal = err
		}
	}
	return all, refusal, b.news
}
