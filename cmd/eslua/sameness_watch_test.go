package main

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A switchWatch is a connection to FreeSWITCH's event socket that gets all events, and
// all lines of the log, in their order.
type switchWatch struct {
	conn net.Conn
	seen chan esl.Event
	ours map[string]bool // commands of the test
	sip  string
}

func watchSwitch(t *testing.T, address, password string) *switchWatch {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w := &switchWatch{conn: conn, seen: make(chan esl.Event, 100_000), ours: map[string]bool{"global_getvar core_uuid": true, "show channels as json": true}, sip: os.Getenv("ESLUA_LIVE_SIP")}
	read := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-read })
	go func() {
		defer close(read)
		defer close(w.seen)
		for frames := esl.NewReader(conn, esl.Limits{}); ; {
			f, err := frames.Next()
			if err != nil {
				return
			}
			if e, err := f.Event(); err == nil {
				w.seen <- e
			}
		}
	}()
	for _, command := range []string{"auth " + password, "event plain ALL", "log 7"} {
		w.send(t, command)
	}
	return w
}

func (w *switchWatch) send(t *testing.T, command string) {
	t.Helper()
	if _, err := w.conn.Write([]byte(command + "\n\n")); err != nil {
		t.Fatal(err)
	}
}

// api runs an API command in the background.
func (w *switchWatch) api(t *testing.T, command string) {
	w.ours[command] = true
	w.send(t, "bgapi "+command)
}

// A seenCall holds what FreeSWITCH reported of a call and of what its script did.
type seenCall struct {
	lines, applications, commands, events, files []string
	variables                                    map[string]string
	ends                                         []string // of the call's channels
	ids                                          []string // of the channels in the order of their creation
}

// anyCaller says what callers do for whose calls a script does not say it.
const anyCaller = "sleep:1500^send_dtmf:1^sleep:2000^send_dtmf:1234#^sleep:3000^hangup"

// after follows a script in its dialplan. It begins with a pause, in which a loopback learns
// that the caller has left.
const after = "^sleep:100^set:after=dialplan^sleep:100^hangup:NORMAL_UNSPECIFIED"

var header = regexp.MustCompile(`(?m)^-- (caller|args|differs): *(.*)$`)

// headers returns what the comments of a script say.
func headers(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{"caller": anyCaller}
	for _, m := range header.FindAllStringSubmatch(string(text), -1) {
		says[m[1]] = m[2]
	}
	return says
}

// expected returns whether a script says "-- differs: PATTERN" of a difference.
func expected(t *testing.T, file string) func(difference string) bool {
	pattern, ok := headers(t, file)["differs"]
	match := regexp.MustCompile(pattern)
	return func(difference string) bool { return ok && match.MatchString(difference) }
}

// play places a call that runs the script, and returns when nothing of it is left.
func (w *switchWatch) play(t *testing.T, host scriptHost, file string) seenCall {
	t.Helper()
	says := headers(t, file)
	if before := os.Getenv("ESLUA_LIVE_BEFORE"); before != "" {
		if err := exec.Command(before).Run(); err != nil {
			t.Fatal(err)
		}
	}
	id := uuid.NewString()
	w.api(t, fmt.Sprintf("originate {origination_uuid=%s,origination_caller_id_number=1000,loopback_bowout=false}%s 'm:^:%s' inline",
		id, cmp.Or(w.sip, "loopback/park/default/inline"), says["caller"]))
	c := seenCall{variables: map[string]string{}}
	var near string
	up, end := map[string]bool{}, ""
	late := time.NewTimer(40 * time.Second)
	defer late.Stop()
	for overdue := false; ; {
		var e esl.Event
		select {
		case e = <-w.seen:
		case <-late.C:
			if overdue {
				t.Fatalf("%s: the call does not end", host.name)
			}
			for id := range up {
				w.api(t, "uuid_kill "+id)
			}
			overdue = !late.Reset(10 * time.Second)
			c.lines = append(c.lines, "the call goes on and on")
			continue
		}
		channel := e.Get("Unique-ID")
		switch e.Name() {
		case "CHANNEL_CREATE":
			up[channel] = true
			c.ids = append(c.ids, strings.Clone(channel))
		case "CHANNEL_PARK":
			if near == "" && e.Get("Call-Direction") == "inbound" {
				near = strings.Clone(channel)
				w.api(t, "uuid_transfer "+near+" 'm:^:"+host.run(file, says["args"])+after+"' inline")
			}
		case "CHANNEL_DESTROY":
			delete(up, channel)
			if channel == near {
				for id := range up { // what the script has left behind
					w.ours["uuid_kill "+id] = true
					w.api(t, "sched_api +3 none uuid_kill "+id)
				}
			}
			if len(up) == 0 {
				// What is on its way comes before this.
				end = "end of " + id
				w.api(t, `lua ~freeswitch.consoleLog("notice", "`+end+`")`)
			}
		}
		if end != "" && strings.Contains(e.Body(), end) && e.Type() == "log/data" {
			break
		}
		w.note(&c, e, near, id, host.log == nil)
	}
	for host.log != nil {
		select {
		case line := <-host.log:
			c.lines = append(c.lines, line)
			continue
		default:
		}
		break
	}
	c.clean(near, id)
	return c
}

// note notes what an event says of the call.
func (w *switchWatch) note(c *seenCall, e esl.Event, near, caller string, logged bool) {
	place := e.Get("Event-Calling-File")
	switch name := e.Name(); {
	case e.Type() == "log/data":
		switch text := strings.TrimRight(logPlace.ReplaceAllString(e.Body(), ""), "\n"); {
		case logged && strings.HasPrefix(strings.ToLower(e.Get("Log-Func")), "console"):
			c.lines = append(c.lines, text)
		case logged && e.Get("Log-File") == "mod_lua.cpp" && e.Get("Log-Level") == "3":
			c.lines = append(c.lines, "error "+errorPlace.FindString(text))
		}
	case name == "API":
		command := strings.TrimSpace(e.Get("API-Command") + " " + e.Get("API-Command-Argument"))
		if !w.ours[command] {
			c.commands = append(c.commands, command)
		}
	case name == "CHANNEL_EXECUTE" && e.Get("Unique-ID") == near && !(e.Get("Application") == "lua" && len(c.applications) == 0):
		c.applications = append(c.applications, e.Get("Application")+" "+e.Last("Application-Data"))
	case (name == "PLAYBACK_START" || name == "RECORD_START") && e.Get("Unique-ID") == near:
		c.files = append(c.files, name+" "+cmp.Or(e.Get("Playback-File-Path"), e.Get("Record-File-Path")))
	case name == "CHANNEL_HANGUP_COMPLETE":
		if e.Get("Unique-ID") != caller || w.sip != "" { // a loopback learns of the other end twice, in any order
			c.ends = append(c.ends, e.Get("Unique-ID")+" "+e.Get("Hangup-Cause"))
		}
		if e.Get("Unique-ID") == near {
			for header, value := range e.All() {
				if name, ok := strings.CutPrefix(header, "variable_"); ok && !volatile.MatchString(name) {
					c.variables[name] = value
				}
			}
		}
	case (place == "switch_cpp.cpp" || place == "mod_event_socket.c" || strings.HasSuffix(place, ".lua")) && !strings.HasPrefix(name, "CHANNEL_") && name != "BACKGROUND_JOB":
		var text strings.Builder
		for header, value := range e.All() {
			if !slices.Contains(ownHeaders, header) {
				fmt.Fprintf(&text, " %s=%s", header, value)
			}
		}
		c.events = append(c.events, name+text.String()+" "+e.Body())
	}
}

var (
	logPlace   = regexp.MustCompile(`^\S+ \S+ \S+% \[\w+\] \S+:\d+ `)
	errorPlace = regexp.MustCompile(`[\w.-]+\.lua:\d+`)
)

// ownHeaders are the headers that FreeSWITCH adds to an event, or eslua to one that it sends.
var ownHeaders = []string{"Event-Name", "Core-UUID", "FreeSWITCH-Hostname", "FreeSWITCH-Switchname", "FreeSWITCH-IPv4", "FreeSWITCH-IPv6", "Event-Date-Local", "Event-Date-GMT",
	"Event-Date-Timestamp", "Event-Calling-File", "Event-Calling-Function", "Event-Calling-Line-Number", "Event-Sequence", "Command", "Event-UUID", "Content-Length"}

// volatile are variables that tell times, or which host ran the script.
var volatile = regexp.MustCompile(`^(uuid|call_uuid|.*_(uuid|epoch|uepoch|stamp|time|ms|samples|seconds|tag|port|ssrc|pos)|.*(msec|usec|sec|duration)|session_id|digits_dialed|conference_member_id|switch_._sdp|last_sched_id|record_.*|originated_legs|originate_causes|transfer_source|rtp_.*|socket_.*|eslua_.*|current_application.*|last_app|last_arg|app_.*|transfer_history|sip_.*)$`)

var (
	anyUUID  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime  = regexp.MustCompile(`\b1[6-9]\d{8}(\d{6})?\b|\d\d:\d\d:\d\d`)
	anyTable = regexp.MustCompile(`0x[0-9a-f]{6,}`)
)

// clean writes words for what differs from call to call.
func (c *seenCall) clean(near, caller string) {
	same := func(text string) string {
		text = anyUUID.ReplaceAllStringFunc(text, func(id string) string {
			switch i := slices.Index(c.ids, id); {
			case id == near:
				return "CALL"
			case id == caller:
				return "CALLER"
			case i >= 0:
				return "CHANNEL"
			}
			return "UUID"
		})
		return anyTable.ReplaceAllString(anyTime.ReplaceAllString(text, "TIME"), "ADDRESS")
	}
	for _, list := range [][]string{c.lines, c.applications, c.commands, c.events, c.files, c.ends} {
		for i := range list {
			list[i] = same(list[i])
		}
	}
	for name, value := range c.variables {
		c.variables[name] = same(value)
	}
	slices.Sort(c.ends)
}
