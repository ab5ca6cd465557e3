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

// A Task stands for a hangup that FreeSWITCH has scheduled.
type Task struct {
	id      int
	session *Session
}

// Holds visits the session.
func (t Task) Holds(visit func(lua.LValue)) int {
	if t.session != nil {
		visit(t.session.object)
	}
	return 0
}

// Id returns the number of FreeSWITCH's scheduler task, 0 if there is none.
func (t Task) Id() int { return t.id } //nolint:revive // what Lua reads as task:id()

// Cancel cancels the hangup and reports whether it was still to come.
func (t Task) Cancel() bool {
	s := t.session
	if t.id == 0 || s.call == nil || s.disconnected {
		return false
	}
	reply, err := s.call.API(s.set.env.State.Context(), "sched_del "+strconv.Itoa(t.id))
	if err = s.classifyErr(err); err != nil {
		s.log().Error("the scheduled hangup could not be cancelled", "task", t.id, "error", err)
	}
	return strings.TrimSpace(reply) == "+OK Deleted: 1"
}

// schedHangup has FreeSWITCH hang the call up later, even if eslua has gone by
// then. It schedules an API command, because sched_hangup does not return the id
// that cancelling needs; the channel's uuid is the task's group, so that the task
// ends with the channel.
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
	if s.ended() || s.call.Moved() {
		return a.Record(Task{}), nil
	}
	if err := s.set.env.Grants.StartTask(); err != nil {
		return nil, err
	}
	uuid := s.call.UUID()
	group := strings.ReplaceAll(uuid, " ", "_") // one word; with that in it the task does not end with the channel
	task := fmt.Sprintf("+%d %s %s", int(seconds), group, syntax.ForChannel("uuid_kill", uuid, cause))
	var reply string
	if s.checkpoint != nil {
		reply, err = s.checkpoint.Schedule(a.Context(), task)
	} else {
		reply, err = s.call.API(a.Context(), "sched_api "+task)
	}
	if err = s.classifyErr(err); err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(reply), "+OK Added: ")
	id, err := strconv.Atoi(text)
	if (!ok || err != nil) && !s.ended() {
		return nil, fmt.Errorf("schedHangup: FreeSWITCH did not schedule it and answered %q", reply)
	}
	return a.Record(Task{id, s}), nil
}
