package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

func schedAPIs() map[string]apiCommand {
	return map[string]apiCommand{
		"sched_hangup":    schedHangupAPI,
		"sched_transfer":  schedTransferAPI,
		"sched_broadcast": schedBroadcastAPI,
		"sched_api":       schedAPI,
		"sched_del": func(s *Switch, args string, _ *channel) string {
			return "+OK Deleted: " + strconv.Itoa(s.schedDelete(args)) + "\n"
		},
		"unsched_api": func(s *Switch, args string, _ *channel) string {
			id := number(args)
			switch {
			case id == 0:
				return ""
			case s.sched.deleteID(id) == 0:
				return "-ERR No such id\n"
			}
			return ok
		},
	}
}

func schedHangupAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 4)
	if len(argv) < 1 {
		return usage("[+]<time> <uuid> [<cause>]")
	}
	c := s.locate(arrayAt(argv, 1))
	if c == nil {
		return noChannel
	}
	cause := arrayAt(argv, 2)
	if cause != "" {
		cause = causeName(cause)
	}
	s.scheduleHangup(argv[0], c, cause, false)
	return ok
}

func schedTransferAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 6)
	if len(argv) < 3 {
		return usage("[+]<time> <uuid> <extension> [<dialplan>] [<context>]")
	}
	c := s.locate(argv[1])
	if c == nil {
		return noChannel
	}
	s.scheduleTransfer(argv[0], c, argv[2], arrayAt(argv, 3), arrayAt(argv, 4))
	return ok
}

// schedBroadcastAPI does not check the uuid; here @ is an absolute time.
func schedBroadcastAPI(s *Switch, args string, _ *channel) string {
	argv := separate(args, ' ', 5)
	if len(argv) < 3 {
		return usage("[[+]<time>|@time] <uuid> <path> [aleg|bleg|both]")
	}
	runtime, repeat := s.sched.at(strings.TrimPrefix(argv[0], "@"))
	if strings.HasPrefix(argv[0], "@") {
		repeat = 0
	}
	s.sched.add(&task{desc: "switch_ivr_schedule_broadcast", group: argv[1], runtime: runtime, repeat: repeat,
		fn: func() { s.runAPI("uuid_broadcast", strings.Join(argv[1:], " "), nil) }})
	return "+OK Message scheduled\n"
}

// schedAPI is "[+|@]<time> <group> <command>[&]", the only one that tells the id.
func schedAPI(s *Switch, args string, _ *channel) string {
	parts := strings.SplitN(args, " ", 3)
	if len(parts) < 3 || parts[0] == "" || strings.TrimSpace(parts[2]) == "" {
		return "-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n"
	}
	when, group, command := parts[0], parts[1], strings.TrimSpace(parts[2])
	t := &task{desc: "sched_api_function", group: group}
	if every, ok := strings.CutPrefix(when, "@"); ok {
		t.repeat = max(int64(number(every)), 1)
		t.runtime = s.clk.Now().Unix() + t.repeat
	} else {
		t.runtime, t.repeat = s.sched.at(when)
	}
	if line, own := strings.CutSuffix(command, "&"); own {
		command, t.own = line, true
	}
	t.fn = func() { s.API(command) }
	return "+OK Added: " + strconv.Itoa(s.sched.add(t)) + "\n"
}

// showTasks are the rows of show tasks; the core's own is always there.
func (s *Switch) showTasks() ([]string, [][]string) {
	columns := []string{"task_id", "task_desc", "task_group", "task_runtime", "task_sql_manager", "hostname"}
	host := s.hostname()
	cleanup := s.started.Add(15 * time.Minute).Unix()
	rows := [][]string{{"3", "limit_hash_cleanup", "mod_hash", strconv.FormatInt(cleanup, 10), "0", host}}
	for _, t := range s.sched.list() {
		rows = append(rows, []string{strconv.Itoa(t.id), t.desc, t.group, strconv.FormatInt(t.runtime, 10), "0", host})
	}
	return columns, rows
}

func (s *Switch) hostname() string { return wireValue(s.identity[:], "FreeSWITCH-Hostname") }

func wireValue(h []wire.Header, name string) string {
	for _, x := range h {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}
