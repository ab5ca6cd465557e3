package switchsim

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/scheduler"
	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

func (s *Switch) newScheduler() *scheduler.Scheduler {
	return scheduler.New(s.clk, s.fireTask, func(fn func()) { s.spawn(fn) })
}

func (s *Switch) fireTask(event string, t scheduler.Task) {
	e := s.newEvent(event, "", 4)
	e.Headers = append(e.Headers,
		wire.Header{Name: "Task-ID", Value: strconv.Itoa(t.ID)},
		wire.Header{Name: "Task-Desc", Value: t.Name},
		wire.Header{Name: "Task-Group", Value: t.Group},
		wire.Header{Name: "Task-Runtime", Value: strconv.FormatInt(t.At, 10)},
	)
	s.bus.Fire(e, event, "", "")
}

// taskTime parses "+N" seconds from now, an epoch second, or a smaller number,
// which is a repeat interval (switch_scheduler_add_task).
func (s *Switch) taskTime(when string) (at, every int64) {
	now, n := s.clk.Now().Unix(), int64(text.Number(when))
	switch {
	case strings.HasPrefix(when, "+"):
		return now + n, 0
	case n <= now:
		return now + n, n
	}
	return n, 0
}

// schedule adds a task for the given time and returns its id.
func (s *Switch) schedule(when string, t scheduler.Task) int {
	t.At, t.Every = s.taskTime(when)
	return s.sched.Add(t)
}

// scheduleHangup hangs up later. A time whose number after the first character is
// 0 hangs up at once, as "+0" does and, a trap, "5" too.
func (s *Switch) scheduleHangup(when string, c *channel, cause string, bleg bool) {
	hangup := func() {
		target := c
		if bleg {
			target = c.partner()
		}
		if target != nil {
			target.hangup(cmp.Or(cause, "ALLOTTED_TIMEOUT"))
		}
	}
	if len(when) > 0 && text.Number(when[1:]) == 0 {
		hangup()
		return
	}
	s.schedule(when, scheduler.Task{Name: "switch_ivr_schedule_hangup", Group: c.uuid, Run: hangup})
}

// scheduleTransfer transfers later and returns the task's id.
func (s *Switch) scheduleTransfer(when string, c *channel, argv []string) int {
	return s.schedule(when, scheduler.Task{Name: "switch_ivr_schedule_transfer", Group: c.uuid,
		Run: func() { c.transfer(argv) }})
}

// deleteTasks deletes the task with that id, or the tasks of that group, and
// returns their number.
func (s *Switch) deleteTasks(idOrGroup string) int {
	if id, err := strconv.Atoi(idOrGroup); err == nil && id >= 0 {
		return s.sched.Delete(id)
	}
	return s.sched.DeleteGroup(idOrGroup)
}

// schedHangupApp runs "[+]time [cause [bleg]]".
func schedHangupApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 3)
	if len(argv) > 0 {
		c.sw.scheduleHangup(argv[0], c, nth(argv, 1), strings.EqualFold(nth(argv, 2), "bleg"))
	}
}

// schedTransferApp runs "[+]time extension [dialplan [context]]".
func schedTransferApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 4)
	if len(argv) > 1 {
		c.set("last_sched_id", strconv.Itoa(c.sw.scheduleTransfer(argv[0], c, argv[1:])))
	}
}

// schedCancelApp cancels a task by its id or a group; without an argument all
// tasks of the channel.
func schedCancelApp(c *channel, arg string) {
	c.sw.deleteTasks(cmp.Or(arg, c.uuid))
}
