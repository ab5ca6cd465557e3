package run

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A Hook is what a script under hooks/ wants to be called for. It belongs to the
// goroutine of its script.
type Hook struct {
	Handlers []Handler
	Timers   []*Timer
	Loaded   bool      // the script has run to its end: from now on it is called
	Anchor   time.Time // from which repeated intervals count, for all versions of the script
}

// A Handler is called for events.
type Handler struct {
	Event, Subclass string
	Where           []Condition // of which all must hold
	Handle          func(e esl.Event, node string) error
}

// A Condition holds for an event in which a header has one of some values, in any case.
type Condition struct {
	Header string
	Values []string
}

// A Timer is called at times.
type Timer struct {
	Name  string                          // of a schedule of the whole cluster, which runs on one host; "": on each
	Due   time.Time                       // when it is called next
	Next  func(after time.Time) time.Time // nil: it is called once
	Fire  func() error
	Ended bool // it is not called any more
	Early bool // it was started while the script was loaded, and so in each of several states
}

// Cancel has the timer not be called any more, and reports whether it was to be called.
func (t *Timer) Cancel() bool {
	was := !t.Ended
	t.Ended, t.Fire = true, nil // which holds what the script has given up
	return was
}

// OwnEvents begins the names of eslua's own events, which a node has no part in.
const OwnEvents = "eslua::"

const (
	mostHandlers = 100
	mostTimers   = 1000
)

var errLoaded = errors.New("it works while the script is loaded, not in a function that is called later")

// Handle adds a handler.
func (h *Hook) Handle(on Handler) error {
	switch {
	case h.Loaded:
		return errLoaded
	case len(h.Handlers) == mostHandlers:
		return fmt.Errorf("a script may name %d functions for events", mostHandlers)
	}
	h.Handlers = append(h.Handlers, on)
	return nil
}

// Start adds a timer.
func (h *Hook) Start(t *Timer) error {
	switch {
	case h.Loaded && t.Name != "":
		return errLoaded
	case len(h.Timers) == mostTimers && h.forget() == mostTimers:
		return fmt.Errorf("a script may have %d timers at a time", mostTimers)
	}
	t.Early = !h.Loaded
	h.Timers = append(h.Timers, t)
	return nil
}

// forget forgets the timers that have ended, and returns how many are left.
func (h *Hook) forget() int {
	h.Timers = slices.DeleteFunc(h.Timers, func(t *Timer) bool { return t.Ended })
	return len(h.Timers)
}

// Due returns the timer that is called next, nil if there is none. It forgets those that
// have ended.
func (h *Hook) Due() (first *Timer) {
	h.forget()
	for _, t := range h.Timers {
		if first == nil || t.Due.Before(first.Due) {
			first = t
		}
	}
	return first
}

// Renew has the next call of a script that is called again and again begin with what the
// limits permit for one run, and act on the channel of its event, which mine returns; nil:
// there is none.
func (e *Env) Renew(sw Switch, mine func() string) {
	e.State.Renew()
	e.Switch = sw
	e.Quota.Renew()
	e.Burden.Renew()
	e.Grants.Mine.Renew(mine)
}
