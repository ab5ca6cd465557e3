package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/scheduler"
	"github.com/eslua/eslua/host/switchsim/text"
)

func schedHangupAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 4)
	if len(argv) < 1 {
		return usage("[+]<time> <uuid> [<cause>]")
	}
	c := s.locate(nth(argv, 1))
	if c == nil {
		return noChannel
	}
	s.scheduleHangup(argv[0], c, nth(argv, 2), false)
	return ok
}

func schedTransferAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 6)
	if len(argv) < 2 {
		return usage("[+]<time> <uuid> <extension> [<dialplan>] [<context>]")
	}
	c := s.locate(argv[1])
	if c == nil {
		return noChannel
	}
	s.scheduleTransfer(argv[0], c, argv[2:])
	return ok
}

// schedBroadcastAPI does not check the uuid; here @ marks an absolute time.
func schedBroadcastAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 5)
	if len(argv) < 3 {
		return usage("[[+]<time>|@time] <uuid> <path> [aleg|bleg|both]")
	}
	when, absolute := strings.CutPrefix(argv[0], "@")
	t := scheduler.Task{Name: "switch_ivr_schedule_broadcast", Group: argv[1],
		Run: func() { s.runAPI("uuid_broadcast", strings.Join(argv[1:], " "), nil) }}
	if t.At, t.Every = s.taskTime(when); absolute {
		t.Every = 0
	}
	s.sched.Add(t)
	return "+OK Message scheduled\n"
}

// schedAPI runs "[+|@]<time> <group> <command>[&]"; @ repeats, & runs the command in
// another goroutine. Only this command returns the task's id.
func schedAPI(s *Switch, args string, _ *channel) string {
	parts := strings.SplitN(args, " ", 3)
	if len(parts) < 3 || parts[0] == "" || strings.TrimSpace(parts[2]) == "" {
		return "-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n"
	}
	command, detached := strings.CutSuffix(strings.TrimSpace(parts[2]), "&")
	t := scheduler.Task{Name: "sched_api_function", Group: parts[1], Detached: detached, Run: func() { s.API(command) }}
	if every, ok := strings.CutPrefix(parts[0], "@"); ok {
		t.Every = max(int64(text.Number(every)), 1)
		t.At = s.clk.Now().Unix() + t.Every
	} else {
		t.At, t.Every = s.taskTime(parts[0])
	}
	return "+OK Added: " + strconv.Itoa(s.sched.Add(t)) + "\n"
}

func schedDelAPI(s *Switch, args string, _ *channel) string {
	return "+OK Deleted: " + strconv.Itoa(s.deleteTasks(args)) + "\n"
}

func unschedAPI(s *Switch, args string, _ *channel) string {
	switch id := text.Number(args); {
	case id == 0:
		return ""
	case s.sched.Delete(id) == 0:
		return "-ERR No such id\n"
	}
	return ok
}

// showTasks returns the table of show tasks; a task of the core is always in it.
func (s *Switch) showTasks() (columns []string, rows [][]string) {
	columns = []string{"task_id", "task_desc", "task_group", "task_runtime", "task_sql_manager", "hostname"}
	cleanup := s.started.Add(15 * time.Minute).Unix()
	tasks := []scheduler.Task{{ID: 3, Name: "limit_hash_cleanup", Group: "mod_hash", At: cleanup}}
	for _, t := range append(tasks, s.sched.Tasks()...) {
		rows = append(rows, []string{strconv.Itoa(t.ID), t.Name, t.Group, strconv.FormatInt(t.At, 10), "0", s.hostname()})
	}
	return columns, rows
}
