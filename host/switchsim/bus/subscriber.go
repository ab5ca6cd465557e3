package bus

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/switchsim/wire"
)

const (
	maxEvents = 100000 // MAX_QUEUE_LEN of mod_event_socket.c
	maxMissed = 500    // MAX_MISSED
)

// A Subscriber holds one connection's subscription and the events queued for it.
type Subscriber struct {
	wake func()

	mu         sync.Mutex
	on         bool // LFLAG_EVENTS: events are delivered at all
	all        bool
	names      map[string]bool
	subclasses map[string]bool // of CUSTOM, and those taken back
	customs    bool            // ALL has added every subclass, and nothing but nixevent with its name takes one back
	filters    []Filter
	format     string
	events     []*wire.Event
	missed     int // events dropped in a row
	overrun    bool
}

// A Filter stands for one filter command; a value that begins with "-" excludes.
type Filter struct{ Header, Value string }

// NewSubscriber returns a subscriber that hears nothing yet. wake is called
// after an event was queued and must not block.
func NewSubscriber(wake func()) *Subscriber {
	return &Subscriber{wake: wake, format: "plain", subclasses: map[string]bool{}}
}

func (s *Subscriber) subscribed(name, subclass string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subscribedLocked(name, subclass)
}

func (s *Subscriber) subscribedLocked(name, subclass string) bool {
	switch {
	case !s.on:
		return false
	case s.all:
		return true
	case name == "CUSTOM" && subclass != "" && s.names[name]:
		on, named := s.subclasses[subclass]
		return on || s.customs && !named
	}
	return s.names[name]
}

// offer queues the event if it is subscribed to and passes the filters.
func (s *Subscriber) offer(e *wire.Event, name, subclass string) {
	s.mu.Lock()
	wanted := s.subscribedLocked(name, subclass) && s.passesLocked(e)
	s.mu.Unlock()
	if wanted {
		s.Push(e)
	}
}

// passesLocked applies the filters: one positive filter must match, a negative
// one that matches drops the event, and with negative ones alone nothing passes
// (mod_event_socket.c:event_handler).
func (s *Subscriber) passesLocked(e *wire.Event) bool {
	pass := len(s.filters) == 0
	for _, f := range s.filters {
		value := e.Get(f.Header)
		want, negative := strings.CutPrefix(f.Value, "-")
		if !negative {
			want = strings.TrimPrefix(want, "+")
		}
		if value == "" || !matches(want, f.Value, value) {
			continue
		}
		if negative {
			return false
		}
		pass = true
	}
	return pass
}

// matches compares without case, or by a regular expression if the filter's raw
// value begins with "/".
func matches(want, raw, value string) bool {
	if !strings.HasPrefix(raw, "/") {
		return strings.EqualFold(want, value)
	}
	re, err := regexp.Compile(strings.TrimSuffix(raw[1:], "/"))
	return err == nil && re.MatchString(value)
}

// Push queues an event whatever the subscription is. A full queue drops it.
func (s *Subscriber) Push(e *wire.Event) {
	s.mu.Lock()
	if len(s.events) >= maxEvents {
		s.missed++
		s.overrun = s.overrun || s.missed > maxMissed
	} else {
		s.missed = 0
		s.events = append(s.events, e)
	}
	s.mu.Unlock()
	s.wake()
}

// Take empties the queue. overrun reports that too many events in a row were
// dropped, which ends a connection.
func (s *Subscriber) Take() (events []*wire.Event, overrun bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.events = s.events, nil
	return events, s.overrun
}

// Enable subscribes to the names of an event command; every word after CUSTOM is
// a subclass. valid reports whether any name exists, permitted whether all are
// allowed.
func (s *Subscriber) Enable(words []string, allowed func(name string) bool) (valid, permitted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string]bool{}
	}
	custom := false
	for _, word := range words {
		name, known := EventName(word)
		if !custom && !allowed(name) {
			return valid, false
		}
		switch {
		case custom:
			s.subclasses[word] = true
		case name == "ALL":
			s.all, s.customs, valid = true, true, true
		case known:
			s.names[name], valid = true, true
			custom = name == "CUSTOM"
		}
	}
	s.on = s.on || valid
	return valid, true
}

// Disable removes the names of a nixevent command and reports whether any of
// them exists.
func (s *Subscriber) Disable(words []string) (valid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	custom := false
	for _, word := range words {
		name, known := EventName(word)
		switch {
		case custom:
			s.subclasses[word] = false
		case name == "ALL":
			s.all, s.names, valid = false, nil, true
		case name == "CUSTOM": // leaves ALL as it is
			valid, custom = true, true
		case known:
			if s.all { // the other names remain subscribed
				s.all, s.names = false, map[string]bool{}
				for n := range names {
					s.names[n] = true
				}
			}
			delete(s.names, name)
			valid = true
		}
	}
	return valid
}

// Silence ends the subscription and drops the queued events. It reports whether
// events were on.
func (s *Subscriber) Silence() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	wasOn := s.on
	s.on, s.all, s.names, s.subclasses, s.customs, s.events = false, false, nil, map[string]bool{}, false, nil
	return wasOn
}

// SetFormat sets the format of the events: plain, json or xml.
func (s *Subscriber) SetFormat(format string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format = format
}

// Format returns the format of the events.
func (s *Subscriber) Format() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.format
}

// AddFilter adds a filter.
func (s *Subscriber) AddFilter(f Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filters = append(s.filters, f)
}

// DeleteFilters removes the filters on a header, only those with f's value if it
// has one; the header "all" removes every filter.
func (s *Subscriber) DeleteFilters(f Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filters = slices.DeleteFunc(s.filters, func(x Filter) bool {
		return strings.EqualFold(f.Header, "all") ||
			strings.EqualFold(x.Header, f.Header) && (f.Value == "" || x.Value == f.Value)
	})
}
