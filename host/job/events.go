package job

import (
	"log/slog"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/lanes"
	"github.com/eslua/eslua/host/run"
)

// An eventQueue holds the events that wait for one hook. The events of a channel are handled one
// after the other, those of different channels side by side. Workers take them; each
// belongs to a group, and so does each channel.
type eventQueue struct {
	clk   clock.Clock
	wakes []chan struct{} // by group; each holds one signal

	mu      sync.Mutex
	waiting *lanes.Lanes[event]
	shares  map[string]share // of the channels that have events waiting
	closed  bool
	empty   chan struct{} // closed when there will be no event any more
	figures figures
	missed  uint64    // lost, and not reported yet
	told    time.Time // when some were reported last
}

// An event waits for a hook.
type event struct {
	esl.Event
	link    *node.Link // of the FreeSWITCH that has sent it
	channel string     // "": it is of none
	handler int        // of the hook's script
	arrived time.Time
}

// A share is what of a queue one channel holds.
type share struct{ events, bytes int }

// tellEvery is the least time between two lines of the log about lost events.
const tellEvery = 10 * time.Second

func newEventQueue(groups, most int, clk clock.Clock) *eventQueue {
	q := &eventQueue{clk: clk, waiting: lanes.New[event](groups, most), shares: map[string]share{}, empty: make(chan struct{})}
	for range groups {
		q.wakes = append(q.wakes, make(chan struct{}, 1))
	}
	return q
}

// add queues an event in a lane. It reports false if the queue is closed; what does not fit is
// lost and counted.
func (q *eventQueue) add(lane string, e event) (open bool) {
	e.arrived, e.channel = q.clk.Now(), e.Get("Unique-ID")
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if !q.waiting.Fits(e) || !q.mayHold(e.channel) {
		if q.missed == 0 {
			q.told = e.arrived
		}
		q.figures.lost++
		q.missed++
		return true
	}
	q.put(lane, e)
	return true
}

// mayHold reports whether a channel may have one more event wait: it holds less than what is
// still free, so that a call that floods the queue leaves room for the others.
func (q *eventQueue) mayHold(channel string) bool {
	s := q.shares[channel]
	places, bytes := q.waiting.Room()
	return s.events == 0 || s.events < places && s.bytes < bytes
}

func (q *eventQueue) put(lane string, e event) {
	if e.channel != "" {
		s := q.shares[e.channel]
		q.shares[e.channel] = share{s.events + 1, s.bytes + e.Size()}
	}
	q.wake(q.waiting.Add(lane, e))
}

// took notes that an event no longer waits.
func (q *eventQueue) took(e event) {
	s := q.shares[e.channel]
	if s.events > 1 {
		q.shares[e.channel] = share{s.events - 1, s.bytes - e.Size()}
	} else {
		delete(q.shares, e.channel)
	}
}

// wake wakes a worker of a group if there is something ready for it.
func (q *eventQueue) wake(group int, ready bool) {
	if !ready {
		return
	}
	select {
	case q.wakes[group] <- struct{}{}:
	default:
	}
}

// next returns the next event for a worker, which calls done for it. If there is none,
// it may wait for the group's wake, and for empty. The queue tells now and then how many
// events were lost since it did so last.
func (q *eventQueue) next(group int) (e event, lane string, ok bool, missed uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lane, e, ok, more := q.waiting.Next(group)
	if ok {
		q.took(e)
	}
	q.wake(group, more)
	return e, lane, ok, q.report()
}

// report returns how many events were lost that nobody has been told of.
func (q *eventQueue) report() (missed uint64) {
	if q.missed == 0 || q.waiting.Len() > 0 && q.clk.Now().Sub(q.told) < tellEvery {
		return 0
	}
	missed, q.missed, q.told = q.missed, 0, q.clk.Now()
	return missed
}

// done ends the handling of an event, and lets the next one of its lane be taken.
func (q *eventQueue) done(lane string, e event, failure error) {
	now := q.clk.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.figures.note(now, now.Sub(e.arrived), failure)
	q.wake(q.waiting.Done(lane))
	q.checkEmpty()
}

// failed counts a failure that concerns no event.
func (q *eventQueue) failed(failure error) {
	now := q.clk.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.figures.failed++
	q.figures.last = run.NewFailure(now, failure)
}

// close ends the queue once every event has been handled.
func (q *eventQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		q.checkEmpty()
	}
}

func (q *eventQueue) checkEmpty() {
	if q.closed && q.waiting.Idle() && !q.over() {
		close(q.empty)
	}
}

// rest returns the events that wait, those of a channel in their order, and forgets them.
// No worker may be left.
func (q *eventQueue) rest() (all []event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.shares)
	return q.waiting.Clear()
}

// giveUp logs how many events are left, and forgets them. No worker may be left.
func (q *eventQueue) giveUp(log *slog.Logger) {
	if n := len(q.rest()); n > 0 {
		log.Warn(givenUp, "events", n)
	}
}

// precede puts events before those that wait. No worker may have begun.
func (q *eventQueue) precede(events []event, lane func(event) string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.shares)
	for _, e := range append(events, q.waiting.Clear()...) {
		q.put(lane(e), e)
	}
}

// over reports whether everything has been handled, and nothing comes any more.
func (q *eventQueue) over() bool {
	select {
	case <-q.empty:
		return true
	default:
		return false
	}
}

// snapshot returns what the queue has counted, and how many events wait.
func (q *eventQueue) snapshot() (f figures, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.figures, q.waiting.Len()
}
