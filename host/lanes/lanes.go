// Package lanes owns queues of tasks that nobody waits for, such as the events of a hook:
// the tasks of one channel run one after the other, those of different channels side by
// side, and what is too much is dropped and counted.
package lanes

import "sync"

// Lanes hold tasks that wait, a lane for each channel.
type Lanes struct {
	width int // how many lanes move at a time
	most  int // tasks that may wait

	workers sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]Task // by channel; a lane exists while one of its tasks runs
	ready   []string          // lanes of which none runs
	moving  int
	length  int
	size    int
	lost    uint64
	full    bool // a task was lost since none waited
}

// A Task handles one event.
type Task struct {
	Size int // bytes that it holds
	Do   func()
}

// maxWaiting limits the bytes of the tasks that wait.
const maxWaiting = 16 << 20

// New returns Lanes of which so many move at a time, and in which so many tasks may wait.
func New(width, most int) *Lanes {
	return &Lanes{width: width, most: most, waiting: map[string][]Task{}}
}

// Add queues a task. It reports whether the task was lost, and whether that is the
// first time since none waited.
func (l *Lanes) Add(channel string, t Task) (lost, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.length >= l.most || l.length > 0 && l.size+t.Size > maxWaiting {
		first, l.full = !l.full, true
		l.lost++
		return true, first
	}
	l.length++
	l.size += t.Size
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
func (l *Lanes) work() {
	for {
		channel, t, ok := l.next()
		if !ok {
			return
		}
		t.Do()
		l.done(channel)
	}
}

func (l *Lanes) next() (channel string, t Task, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		l.moving--
		return "", Task{}, false
	}
	channel, l.ready = l.ready[0], l.ready[1:]
	lane := l.waiting[channel]
	t, lane[0] = lane[0], Task{}
	l.waiting[channel] = lane[1:]
	l.length--
	l.size -= t.Size
	l.full = l.full && l.length > 0
	return channel, t, true
}

// done makes a lane ready for its next Task.
func (l *Lanes) done(channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting[channel]) == 0 {
		delete(l.waiting, channel)
		return
	}
	l.ready = append(l.ready, channel)
}

// Wait returns when every task has run. None may be added meanwhile.
func (l *Lanes) Wait() { l.workers.Wait() }

// Figures returns how many tasks wait, and how many were lost.
func (l *Lanes) Figures() (waiting int, lost uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length, l.lost
}
