package switchsim

import (
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// task is one entry of the scheduler (switch_scheduler.c).
type task struct {
	id      int
	desc    string // name of the C function that scheduled it
	group   string
	runtime int64 // epoch seconds
	repeat  int64 // seconds, 0 runs once
	own     bool  // own goroutine
	fn      func()
}

// scheduler runs tasks one after the other in one goroutine, on whole seconds.
type scheduler struct {
	sw    *Switch
	kick  chan struct{}
	mu    sync.Mutex
	last  int
	tasks []*task
}

// firstTask is the id before the first one given out: a fresh FreeSWITCH has
// used some for its own.
const firstTask = 4

func newScheduler(s *Switch) *scheduler {
	return &scheduler{sw: s, kick: make(chan struct{}, 1), last: firstTask}
}

// at is the time an API's "+N" or plain N means: a number smaller than now is
// taken as a repeat interval (switch_scheduler_add_task).
func (s *scheduler) at(spec string) (runtime, repeat int64) {
	now := s.sw.clk.Now().Unix()
	if len(spec) > 0 && spec[0] == '+' {
		return now + int64(number(spec[1:])), 0
	}
	n := int64(number(spec))
	if n <= now {
		return now + n, n
	}
	return n, 0
}

func (s *scheduler) add(t *task) int {
	s.mu.Lock()
	s.last++
	t.id = s.last
	s.tasks = append(s.tasks, t)
	s.mu.Unlock()
	s.fire("ADD_SCHEDULE", t)
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return t.id
}

func (s *scheduler) fire(name string, t *task) {
	e := s.sw.newEvent(name, "", 4)
	e.Headers = append(e.Headers,
		wire.Header{Name: "Task-ID", Value: strconv.Itoa(t.id)},
		wire.Header{Name: "Task-Desc", Value: t.desc},
		wire.Header{Name: "Task-Group", Value: t.group},
		wire.Header{Name: "Task-Runtime", Value: strconv.FormatInt(t.runtime, 10)},
	)
	s.sw.bus.fire(e, name, "", "")
}

// deleteID and deleteGroup return how many tasks went.
func (s *scheduler) deleteID(id int) int {
	return s.delete(func(t *task) bool { return t.id == id })
}

func (s *scheduler) deleteGroup(group string) int {
	return s.delete(func(t *task) bool { return t.group == group })
}

func (s *scheduler) delete(match func(*task) bool) int {
	s.mu.Lock()
	var gone []*task
	kept := s.tasks[:0:0]
	for _, t := range s.tasks {
		if match(t) {
			gone = append(gone, t)
		} else {
			kept = append(kept, t)
		}
	}
	s.tasks = kept
	s.mu.Unlock()
	for _, t := range gone {
		s.fire("DEL_SCHEDULE", t)
	}
	return len(gone)
}

// list is a copy for show tasks.
func (s *scheduler) list() []task {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]task, len(s.tasks))
	for i, t := range s.tasks {
		list[i] = *t
	}
	return list
}

func (s *scheduler) run() {
	for {
		d, any := s.next()
		if !any {
			select {
			case <-s.kick:
			case <-s.sw.closing:
				return
			}
			continue
		}
		timer := s.sw.clk.NewTimer(d)
		select {
		case <-timer.C:
			s.runDue()
		case <-s.kick:
			timer.Stop()
		case <-s.sw.closing:
			timer.Stop()
			return
		}
	}
}

func (s *scheduler) next() (d time.Duration, any bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.tasks {
		left := time.Unix(t.runtime, 0).Sub(s.sw.clk.Now())
		if i == 0 || left < d {
			d = left
		}
	}
	return max(d, 0), len(s.tasks) > 0
}

func (s *scheduler) runDue() {
	now := s.sw.clk.Now()
	s.mu.Lock()
	var due []*task
	kept := s.tasks[:0:0]
	for _, t := range s.tasks {
		if time.Unix(t.runtime, 0).After(now) {
			kept = append(kept, t)
			continue
		}
		due = append(due, t)
		if t.repeat > 0 {
			again := *t
			again.runtime += t.repeat
			kept = append(kept, &again)
		}
	}
	s.tasks = kept
	s.mu.Unlock()
	for _, t := range due {
		if t.own {
			s.sw.spawn(t.fn)
		} else {
			t.fn()
		}
		if t.repeat > 0 {
			t.runtime += t.repeat
			s.fire("RE_SCHEDULE", t)
		} else {
			s.fire("DEL_SCHEDULE", t)
		}
	}
}
