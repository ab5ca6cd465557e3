// Package scheduler is the simulator's switch_scheduler.c: tasks that run at an
// epoch second, once or repeatedly, and are deleted by id or by group.
package scheduler

import (
	"slices"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// A Task tells the scheduler what to do, and when.
type Task struct {
	ID       int    // set by Add
	Name     string // name of the C function that scheduled it
	Group    string
	At       int64 // epoch seconds
	Every    int64 // seconds between two runs; 0 runs once
	Detached bool  // runs in another goroutine
	Run      func()
}

// Scheduler runs tasks one after the other in one goroutine, on whole seconds.
type Scheduler struct {
	clk   clock.Clock
	fire  func(event string, t Task)
	spawn func(func())
	added chan struct{}

	mu    sync.Mutex
	last  int
	tasks []Task
}

// firstID precedes the first id given out: a fresh FreeSWITCH has used some ids
// for its own tasks.
const firstID = 4

// New returns a scheduler. fire reports what happens to a task (ADD_SCHEDULE,
// DEL_SCHEDULE, RE_SCHEDULE), spawn runs a detached one.
func New(clk clock.Clock, fire func(event string, t Task), spawn func(func())) *Scheduler {
	return &Scheduler{clk: clk, fire: fire, spawn: spawn, added: make(chan struct{}, 1), last: firstID}
}

// Add schedules a task and returns its id.
func (s *Scheduler) Add(t Task) int {
	s.mu.Lock()
	s.last++
	t.ID = s.last
	s.tasks = append(s.tasks, t)
	s.mu.Unlock()
	s.fire("ADD_SCHEDULE", t)
	select {
	case s.added <- struct{}{}:
	default:
	}
	return t.ID
}

// Delete removes the task with that id and returns how many tasks went.
func (s *Scheduler) Delete(id int) int {
	return s.remove(func(t Task) bool { return t.ID == id })
}

// DeleteGroup removes the tasks of a group and returns how many tasks went.
func (s *Scheduler) DeleteGroup(group string) int {
	return s.remove(func(t Task) bool { return t.Group == group })
}

func (s *Scheduler) remove(match func(Task) bool) int {
	s.mu.Lock()
	var removed []Task
	s.tasks = slices.DeleteFunc(s.tasks, func(t Task) bool {
		if !match(t) {
			return false
		}
		removed = append(removed, t)
		return true
	})
	s.mu.Unlock()
	for _, t := range removed {
		s.fire("DEL_SCHEDULE", t)
	}
	return len(removed)
}

// Tasks returns a copy of the tasks.
func (s *Scheduler) Tasks() []Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tasks)
}

// Run runs due tasks until done is closed.
func (s *Scheduler) Run(done <-chan struct{}) {
	for {
		var due <-chan time.Time
		stop := func() bool { return false }
		if at, any := s.next(); any {
			timer := s.clk.NewTimerAt(at)
			due, stop = timer.C, timer.Stop
		}
		select {
		case <-due:
			s.runDue()
		case <-s.added:
			stop()
		case <-done:
			stop()
			return
		}
	}
}

func (s *Scheduler) next() (at time.Time, any bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tasks) == 0 {
		return at, false
	}
	next := slices.MinFunc(s.tasks, func(a, b Task) int { return int(a.At - b.At) })
	return time.Unix(next.At, 0), true
}

func (s *Scheduler) runDue() {
	for _, t := range s.takeDue() {
		if t.Detached {
			s.spawn(t.Run)
		} else {
			t.Run()
		}
		if t.Every > 0 {
			t.At += t.Every
			s.fire("RE_SCHEDULE", t)
		} else {
			s.fire("DEL_SCHEDULE", t)
		}
	}
}

// takeDue returns the tasks whose time has come and reschedules the ones that repeat.
func (s *Scheduler) takeDue() []Task {
	now := s.clk.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []Task
	rest := s.tasks[:0:0]
	for _, t := range s.tasks {
		if time.Unix(t.At, 0).After(now) {
			rest = append(rest, t)
			continue
		}
		due = append(due, t)
		if t.Every > 0 {
			t.At += t.Every
			rest = append(rest, t)
		}
	}
	s.tasks = rest
	return due
}
