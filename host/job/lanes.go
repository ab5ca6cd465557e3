package job

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
)

// lanes hold the events that wait for one hook, a lane for each channel: the events of
// a channel are handled one after the other, those of different channels side by side.
// Workers take them. Each belongs to a group, and so does each channel, for as long as
// the lanes exist.
type lanes struct {
	most  int // events that may wait
	clk   clock.Clock
	seed  maphash.Seed
	wakes []chan struct{} // by group; each holds one signal

	mu      sync.Mutex
	waiting map[string][]event // by channel; a lane exists while one of its events is handled
	ready   [][]string         // by group: lanes of which none is handled
	busy    int                // events that are handled
	length  int
	size    int
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
	handler int        // of the hook's script
	arrived time.Time
}

// maxWaiting limits the bytes of the events that wait for one hook.
const maxWaiting = 16 << 20

// tellEvery is the least time between two lines of the log about lost events.
const tellEvery = 10 * time.Second

func newLanes(groups, most int, clk clock.Clock) *lanes {
	l := &lanes{most: most, clk: clk, seed: maphash.MakeSeed(), waiting: map[string][]event{}, ready: make([][]string, groups), empty: make(chan struct{})}
	for range groups {
		l.wakes = append(l.wakes, make(chan struct{}, 1))
	}
	return l
}

// add queues an event. It reports false if the lanes are closed; what does not fit is
// lost and counted.
func (l *lanes) add(channel string, e event) (open bool) {
	e.arrived = l.clk.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if l.length >= l.most || l.length > 0 && l.size+e.Size() > maxWaiting {
		if l.missed == 0 {
			l.told = e.arrived
		}
		l.figures.lost++
		l.missed++
		return true
	}
	l.put(channel, e)
	return true
}

func (l *lanes) put(channel string, e event) {
	l.length++
	l.size += e.Size()
	lane, exists := l.waiting[channel]
	l.waiting[channel] = append(lane, e)
	if !exists {
		l.makeReady(channel)
	}
}

func (l *lanes) makeReady(channel string) {
	group := 0
	if len(l.ready) > 1 {
		group = int(maphash.String(l.seed, channel) % uint64(len(l.ready)))
	}
	l.ready[group] = append(l.ready[group], channel)
	l.wake(group)
}

func (l *lanes) wake(group int) {
	select {
	case l.wakes[group] <- struct{}{}:
	default:
	}
}

// next returns the next event for a worker, which calls done for it. If there is none,
// it may wait for the group's wake, and for empty. The lanes tell now and then how many
// events were lost since they did so last.
func (l *lanes) next(group int) (e event, channel string, ok bool, missed uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ready := l.ready[group]
	if len(ready) == 0 {
		return e, "", false, l.report()
	}
	channel = ready[0]
	if l.ready[group] = ready[1:]; len(ready) > 1 {
		l.wake(group)
	}
	lane := l.waiting[channel]
	e, lane[0] = lane[0], event{}
	l.waiting[channel] = lane[1:]
	l.length--
	l.size -= e.Size()
	l.busy++
	return e, channel, true, l.report()
}

// report returns how many events were lost that nobody has been told of.
func (l *lanes) report() (missed uint64) {
	if l.missed == 0 || l.length > 0 && l.clk.Now().Sub(l.told) < tellEvery {
		return 0
	}
	missed, l.missed, l.told = l.missed, 0, l.clk.Now()
	return missed
}

// done ends the handling of an event, and makes its lane ready for the next one.
func (l *lanes) done(channel string, e event, failure error) {
	now := l.clk.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	l.figures.note(now, now.Sub(e.arrived), failure)
	if len(l.waiting[channel]) == 0 {
		delete(l.waiting, channel)
	} else {
		l.makeReady(channel)
	}
	l.checkEmpty()
}

// failed counts a failure that concerns no event.
func (l *lanes) failed(failure error) {
	now := l.clk.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.figures.failed++
	l.figures.last = run.NewFailure(now, failure)
}

// close ends the lanes once every event has been handled.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.checkEmpty()
	}
}

func (l *lanes) checkEmpty() {
	if l.closed && l.length+l.busy == 0 {
		select {
		case <-l.empty:
		default:
			close(l.empty)
		}
	}
}

// rest returns the events that wait, those of a channel in their order, and forgets them.
// No worker may be left.
func (l *lanes) rest() (all []event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for channel, lane := range l.waiting {
		all = append(all, lane...)
		delete(l.waiting, channel)
	}
	l.length, l.size = 0, 0
	return all
}

// precede puts events before those that wait. No worker may have begun.
func (l *lanes) precede(events []event, channel func(event) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	later := l.waiting
	l.waiting, l.ready, l.length, l.size = map[string][]event{}, make([][]string, len(l.ready)), 0, 0
	for _, e := range events {
		l.put(channel(e), e)
	}
	for channel, lane := range later {
		for _, e := range lane {
			l.put(channel, e)
		}
	}
}

// over reports whether everything has been handled, and nothing comes any more.
func (l *lanes) over() bool {
	select {
	case <-l.empty:
		return true
	default:
		return false
	}
}

// snapshot returns what the lanes have counted, and how many events wait.
func (l *lanes) snapshot() (f figures, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.figures, l.length
}
