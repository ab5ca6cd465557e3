package lanes

import "sync"

// Tasks runs tasks in the background, and drops and counts those for which there is no room.
// Its methods may be called from any goroutine.
type Tasks struct {
	width   int // how many run at a time
	workers sync.WaitGroup

	mu      sync.Mutex
	waiting *Lanes[Task]
	running int // workers
	lost    uint64
	full    bool // a task was lost since none waited
}

// A Task is something to do.
type Task struct {
	Bytes int // that it holds
	Do    func()
}

// Size returns how many bytes the task holds.
func (t Task) Size() int { return t.Bytes }

// NewTasks returns Tasks of which so many run at a time, and so many may wait.
func NewTasks(width, most int) *Tasks {
	return &Tasks{width: width, waiting: New[Task](1, most)}
}

// Add queues a task. It reports whether the task was lost, and whether that is the
// first time since none waited.
func (t *Tasks) Add(channel string, task Task) (lost, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.waiting.Fits(task) {
		first, t.full = !t.full, true
		t.lost++
		return true, first
	}
	if _, ready := t.waiting.Add(channel, task); ready && t.running < t.width {
		t.running++
		t.workers.Go(t.work)
	}
	return false, false
}

// work runs tasks until none waits that nobody else runs.
func (t *Tasks) work() {
	for {
		channel, task, ok := t.next()
		if !ok {
			return
		}
		task.Do()
		t.done(channel)
	}
}

func (t *Tasks) next() (channel string, task Task, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if channel, task, ok, _ = t.waiting.Next(0); !ok {
		t.running--
	}
	t.full = t.full && t.waiting.Len() > 0
	return channel, task, ok
}

func (t *Tasks) done(channel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting.Done(channel)
}

// Wait returns when every task has run. None may be added meanwhile.
func (t *Tasks) Wait() { t.workers.Wait() }

// Figures returns how many tasks wait, and how many were lost.
func (t *Tasks) Figures() (waiting int, lost uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting.Len(), t.lost
}
