package session

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Task is a hangup that FreeSWITCH has scheduled.
type Task struct {
	id     int
	cancel func() bool
}

// Id is the number of FreeSWITCH's scheduler task, 0 if there is none.
func (t Task) Id() int { return t.id } //nolint:revive // what Lua reads as task:id()

// Cancel takes the hangup back and tells whether it was still to come.
func (t Task) Cancel() bool { return t.cancel != nil && t.cancel() }

// schedHangup has FreeSWITCH hang the call up later, whether this host is
// still there then or not. It is an API task and no sched_hangup, because that
// one answers without the id that cancelling needs; the channel's uuid is its
// group, so that it goes with the channel.
func schedHangup(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.call == nil {
		return nil, errNoChannel
	}
	seconds := math.Ceil(a.Number(0))
	if !(seconds >= 1 && seconds < 1<<31) {
		return nil, fmt.Errorf("schedHangup wants the seconds from now, at least 1, not %v", a.Number(0))
	}
	name := "ALLOTTED_TIMEOUT"
	if a.Has(1) {
		name = a.String(1)
	}
	cause, err := syntax.ParseCause(name)
	if err != nil {
		return nil, fmt.Errorf("schedHangup: %w", err)
	}
	if s.over() {
		return a.Record(Task{}), nil
	}
	uuid := s.call.UUID()
	when, command := fmt.Sprintf("+%d", int(seconds)), "uuid_kill "+uuid+" "+cause
	var reply string
	if s.keep != nil {
		reply, err = s.keep.Schedule(a.Context(), when, command)
	} else {
		reply, err = s.call.API(a.Context(), "sched_api "+when+" "+uuid+" "+command)
	}
	if err = s.settle(err); err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(reply), "+OK Added: ")
	id, err := strconv.Atoi(text)
	if (!ok || err != nil) && !s.over() {
		return nil, fmt.Errorf("schedHangup: FreeSWITCH did not schedule it and answered %q", reply)
	}
	return s.task(a, id), nil
}

// task is the Lua value of a scheduled hangup; 0 is none.
func (s *Session) task(a *vm.Args, id int) lua.LValue {
	task := Task{id: id}
	if id > 0 {
		ctx := a.Context()
		task.cancel = func() bool {
			if s.call == nil || s.cut {
				return false
			}
			reply, err := s.call.API(ctx, "sched_del "+strconv.Itoa(id))
			if err = s.settle(err); err != nil {
				s.log().Error("the scheduled hangup could not be cancelled", "task", id, "error", err)
			}
			return strings.TrimSpace(reply) == "+OK Deleted: 1"
		}
	}
	return a.Record(task)
}
