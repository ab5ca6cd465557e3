package switchsim_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func parkedCall(t *testing.T, sw *switchsim.Switch) *switchsim.Call {
	t.Helper()
	sw.SetExtension("default", switchsim.Extension{Match: "parked", Actions: actions("answer", "park")})
	call := sw.Call(switchsim.Caller{Number: "1", Destination: "parked"})
	happened(t, sw, call.UUID(), "execute", "park")
	return call
}

func TestScheduledHangups(t *testing.T) {
	for when, after := range map[string]time.Duration{
		"+5":        5 * time.Second,
		"+0":        0,
		"5":         0,                // the number after the first character is 0
		"60":        0,                // likewise
		"12":        12 * time.Second, // a repeat interval
		"$epoch+90": 90 * time.Second,
	} {
		inVirtualTime(t, when, func(t *testing.T) {
			sw := start(t, switchsim.Config{Listen: "-"})
			call := parkedCall(t, sw)
			began := time.Now()
			if when == "$epoch+90" {
				when = strconv.FormatInt(began.Unix()+90, 10)
			}
			if out := sw.API("sched_hangup " + when + " " + call.UUID()); out != "+OK\n" {
				t.Fatal(out)
			}
			<-call.Done()
			if call.Cause() != "ALLOTTED_TIMEOUT" || time.Since(began) != after {
				t.Errorf("%s after %v", call.Cause(), time.Since(began))
			}
		})
	}
}

func TestSchedDel(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	call := parkedCall(t, sw)
	p := inbound(t, sw)
	p.ask("event plain ADD_SCHEDULE DEL_SCHEDULE RE_SCHEDULE")
	run := func(line, want string) string {
		t.Helper()
		out := sw.API(line)
		if !strings.HasPrefix(out, want) {
			t.Errorf("%s: %q, want %q", line, out, want)
		}
		return strings.TrimSpace(strings.TrimPrefix(out, want))
	}
	run("sched_hangup +60 nosuch", "-ERR No such channel!\n")
	run("sched_hangup +60 "+call.UUID()+" USER_BUSY", "+OK\n")
	added := p.until("ADD_SCHEDULE")
	if added.get("Task-Group") != call.UUID() || added.get("Task-Desc") != "switch_ivr_schedule_hangup" || added.get("Task-Runtime") != "1800000060" {
		t.Errorf("%+v", added.headers)
	}
	id := run("sched_api +60 mine uuid_kill "+call.UUID(), "+OK Added: ")
	run("sched_api +61 mine status", "+OK Added: ")
	run("sched_api +61 4711 status", "+OK Added: ")
	run("sched_api +61 g", "-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n")
	run("sched_del Mine", "+OK Deleted: 0\n") // exact and case-sensitive
	run("sched_del 4711", "+OK Deleted: 0\n") // digits are an id, never a group
	run("sched_del "+id, "+OK Deleted: 1\n")
	run("sched_del mine", "+OK Deleted: 1\n")
	run("sched_del", "+OK Deleted: 0\n")
	run("unsched_api 99", "-ERR No such id\n")
	run("sched_del "+call.UUID(), "+OK Deleted: 1\n")
	if pk := p.until("DEL_SCHEDULE"); pk.get("Task-ID") != id {
		t.Errorf("deleted %s, want %s first", pk.get("Task-ID"), id)
	}
}

func TestShowTasks(t *testing.T) {
	sw := start(t, switchsim.Config{Clock: manual(), Hostname: "node1"})
	call := parkedCall(t, sw)
	sw.API("sched_hangup +60 " + call.UUID())
	var got struct {
		Count int                 `json:"row_count"`
		Rows  []map[string]string `json:"rows"`
	}
	if err := json.Unmarshal([]byte(sw.API("show tasks as json")), &got); err != nil {
		t.Fatal(err)
	}
	last := got.Rows[len(got.Rows)-1]
	if got.Count != 2 || last["task_group"] != call.UUID() || last["hostname"] != "node1" || last["task_runtime"] != "1800000060" {
		t.Errorf("%+v", got)
	}
	text := sw.API("show tasks")
	if !strings.HasPrefix(text, "task_id,task_desc,task_group,task_runtime,task_sql_manager,hostname\n") || !strings.HasSuffix(text, "\n\n2 total.\n") {
		t.Errorf("%q", text)
	}
	if text := sw.API("show tasks as delim |"); !strings.Contains(text, "task_id|task_desc") {
		t.Errorf("%q", text)
	}
	call.Hangup("")
	<-call.Done()
	if text := sw.API("show tasks"); !strings.HasSuffix(text, "\n\n1 total.\n") {
		t.Errorf("the channel's tasks go with it: %q", text)
	}
}

func TestRepeatingTask(t *testing.T) {
	clk := manual()
	sw := start(t, switchsim.Config{Clock: clk})
	p := inbound(t, sw)
	p.ask("event plain RE_SCHEDULE DEL_SCHEDULE")
	sw.API("sched_api @30 g global_setvar ran=yes")
	for n := 1; n <= 3; n++ {
		clk.WaitForTimer(30 * time.Second)
		clk.Advance(30 * time.Second)
		if pk := p.until("RE_SCHEDULE"); pk.get("Task-Runtime") != strconv.Itoa(1800000000+30*(n+1)) {
			t.Error(pk.get("Task-Runtime"))
		}
	}
	if sw.API("global_getvar ran") != "yes" {
		t.Error("the command did not run")
	}
}

func TestScheduleApplications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sw := start(t, switchsim.Config{Listen: "-", Dialplan: switchsim.Dialplan{"default": {
			{Match: "x", Actions: actions("answer", "sched_hangup +100", "sched_transfer +10 y", "sched_transfer +5 z", "sched_cancel ${last_sched_id}", "park")},
			{Match: "y", Actions: actions("park")},
		}}})
		began := time.Now()
		call := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
		moved := happened(t, sw, call.UUID(), "route", "y in default")
		<-call.Done()
		if call.Cause() != "ALLOTTED_TIMEOUT" || moved.At.Sub(began) != 10*time.Second || time.Since(began) != 100*time.Second {
			t.Errorf("transferred after %v, %s after %v", moved.At.Sub(began), call.Cause(), time.Since(began))
		}
	})
}
