package job

import "sync"

// lanes hold the events that wait for one hook, a lane for each channel: the events of
// a channel are handled one after the other, those of different channels side by side.
type lanes struct {
	width int // how many lanes move at a time
	most  int // events that may wait

	workers sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]task // by channel; a lane exists while one of its tasks runs
	ready   []string          // lanes of which none runs
	moving  int
	length  int
	size    int
	lost    uint64
	full    bool // a task was lost since none waited
}

// A task handles one event.
type task struct {
	size int // of the event in bytes
	do   func()
}

// maxWaiting limits the bytes of the events that wait for one hook.
const maxWaiting = 16 << 20

func newLanes(width, most int) *lanes {
	return &lanes{width: width, most: most, waiting: map[string][]task{}}
}

// add queues a task. It reports whether the task was lost, and whether that is the
// first time since none waited.
func (l *lanes) add(channel string, t task) (lost, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.length >= l.most || l.length > 0 && l.size+t.size > maxWaiting {
		first, l.full = !l.full, true
		l.lost++
		return true, first
	}
	l.length++
	l.size += t.size
	lane, exists := l.waiting[channel]
	l.waiting[channel] = append(lane, t)
	if exists {
		return false, false
	}
	l.ready = append(l.ready, channel)
	if l.moving < l.width {
		l.moving++
		l.workers.Go(l.work)
	}
	return false, false
}

// work runs tasks until none waits that nobody else runs.
func (l *lanes) work() {
	for {
		channel, t, ok := l.next()
		if !ok {
			return
		}
		t.do()
		l.done(channel)
	}
}

func (l *lanes) next() (channel string, t task, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		l.moving--
		return "", task{}, false
	}
	channel, l.ready = l.ready[0], l.ready[1:]
	lane := l.waiting[channel]
	t, lane[0] = lane[0], task{}
	l.waiting[channel] = lane[1:]
	l.length--
	l.size -= t.size
	l.full = l.full && l.length > 0
	return channel, t, true
}

// done makes a lane ready for its next task.
func (l *lanes) done(channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting[channel]) == 0 {
		delete(l.waiting, channel)
		return
	}
	l.ready = append(l.ready, channel)
}

// wait returns when every task has run. None may be added meanwhile.
func (l *lanes) wait() { l.workers.Wait() }

// figures returns how many tasks wait, and how many were lost.
func (l *lanes) figures() (waiting int, lost uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length, l.lost
}
