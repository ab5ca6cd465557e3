package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
)

// TestLiveSameAsModLua runs each script of testdata/same, or of the directory that
// ESLUA_LIVE_SCRIPTS names, under mod_lua and under eslua, and compares what FreeSWITCH
// reports. eslua is configured by what its check of the scripts says that they need, or by the file
// that ESLUA_LIVE_CONFIG names. The program ESLUA_LIVE_BEFORE runs before each call, to
// make files and databases as they were.
//
// A comment "-- caller: answer^sleep:500^hangup" in a script says what the caller does, in
// the inline dialplan; "-- args: a b" gives its arguments, "-- differs: PATTERN" says which differences are known. With ESLUA_LIVE_SIP, as
// sofia/external/NUMBER@HOST:PORT, the calls come by SIP; FreeSWITCH's dialplan must park
// that number. It runs one call at a time, so that what it sees is this call's.
func TestLiveSameAsModLua(t *testing.T) {
	address, password := livetest.Address(t)
	dir := os.Getenv("ESLUA_LIVE_SCRIPTS")
	if dir == "" {
		dir = publicCopy(t, "testdata/same")
	}
	w := watchSwitch(t, address, password)
	l, log := listening(t), scriptLog{lines: make(chan string, 100_000)}
	cfg := configOfPort(t, dir)
	if file := os.Getenv("ESLUA_LIVE_CONFIG"); file != "" {
		var err error
		if cfg, err = config.Load(file); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Scripts, cfg.Nodes = dir, []config.Node{{Address: config.Address(address), Password: password}}
	serving(t, l, cfg, clock.System(), log, seams{guest: true})
	hosts := []scriptHost{
		{name: "mod_lua", run: func(file, args string) string { return "lua:" + syntax.Word(file) + " " + args }},
		{name: "eslua", log: log.lines, run: func(file, args string) string {
			flow, err := filepath.Rel(dir, strings.TrimSuffix(file, ".lua"))
			if err != nil {
				t.Fatal(err)
			}
			path := append([]string{flow}, strings.Fields(args)...)
			for i := range path {
				path[i] = beyondPath.ReplaceAllStringFunc(path[i], func(c string) string {
					if c == "%" { // FreeSWITCH decodes what has digits only
						return "%2525"
					}
					return fmt.Sprintf("%%%02x", c)
				})
			}
			return "socket:" + l.Addr().String() + "/" + strings.Join(path, "/") + " async full"
		}},
	}
	for _, file := range scriptsOf(t, dir) {
		name, _ := filepath.Rel(dir, file)
		t.Run(name, func(t *testing.T) {
			var seen [2]seenCall
			for i, host := range hosts {
				seen[i] = w.play(t, host, file)
			}
			if differences := slices.DeleteFunc(seen[0].differences(seen[1]), expected(t, file)); len(differences) > 0 {
				t.Errorf("%s under eslua:\n%s", name, strings.Join(differences, "\n"))
			}
		})
	}
}

// beyondPath is what the path of a socket cannot hold as it is.
var beyondPath = regexp.MustCompile(`[^\w.@+-]`)

// A scriptHost runs scripts.
type scriptHost struct {
	name string
	log  <-chan string // what its scripts log; nil: it is in FreeSWITCH's log
	run  func(file, args string) string
}

// publicCopy returns a copy of a directory that another user can read.
func publicCopy(t *testing.T, of string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "eslua-modlua")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.CopyFS(dir, os.DirFS(of))
	}
	if err == nil {
		err = os.Chmod(dir, 0o777) // scripts write there
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// scriptsOf returns the scripts that are no modules of others.
func scriptsOf(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "resources" {
			return fs.SkipDir
		}
		if err == nil && filepath.Ext(path) == ".lua" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

// configOfPort returns the configuration that eslua check --port prints for the scripts.
func configOfPort(t *testing.T, dir string) config.Config {
	t.Helper()
	var out strings.Builder
	p := &program{stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
	p.main(t.Context(), []string{"check", "--port", dir})
	_, yaml, _ := strings.Cut(out.String(), "add to the configuration")
	_, yaml, _ = strings.Cut(yaml, "\n")
	cfg, err := config.Parse("port.yaml", []byte(yaml))
	if err != nil {
		t.Fatalf("%v\n%s", err, yaml)
	}
	return cfg
}

// scriptLog is a log handler that keeps what scripts log, and why they fail.
type scriptLog struct {
	lines chan string
	flow  bool
}

func (h scriptLog) Enabled(context.Context, slog.Level) bool { return true }
func (h scriptLog) WithGroup(string) slog.Handler            { return h }

func (h scriptLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.flow = h.flow || slices.ContainsFunc(attrs, func(a slog.Attr) bool { return a.Key == "flow" })
	return h
}

func (h scriptLog) Handle(_ context.Context, r slog.Record) error {
	if !h.flow || advice.MatchString(r.Message) {
		return nil
	}
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			line = ""
			if place := errorPlace.FindString(a.Value.String()); place != "" {
				line = "error " + place // the texts are those of another Lua
			}
		}
		return true
	})
	if line != "" {
		h.lines <- line
	}
	return nil
}

// advice is what eslua says to the admin, and FreeSWITCH in another form.
var advice = regexp.MustCompile(`^(the flow (begins|ended)|FreeSWITCH cannot play|the call has hung up, so)`)

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

// A seenCall is what FreeSWITCH reported of a call and of what its script did.
type seenCall struct {
	lines, applications, commands, events, files []string
	variables                                    map[string]string
	ends                                         []string // of the call's channels
	ids                                          []string // of the channels in the order of their creation
}

// anyCaller is what callers do of whom a script does not say it.
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

// ownHeaders are those that FreeSWITCH adds to an event, or eslua to one that it sends.
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

// differences tells what is seen under eslua and not under mod_lua, and the reverse.
// mod_lua's methods play and ask by themselves where eslua's run an application.
func (c seenCall) differences(eslua seenCall) (list []string) {
	for _, part := range []struct {
		what      string
		old, new  []string
		ofMethods *regexp.Regexp
	}{
		{"line", c.lines, eslua.lines, nil},
		{"application", c.applications, eslua.applications, methodApplications},
		{"command", c.commands, eslua.commands, methodCommands},
		{"event", c.events, eslua.events, nil},
		{"file", c.files, eslua.files, methodFiles},
		{"end", c.ends, eslua.ends, nil},
		{"variable", assignments(c.variables), assignments(eslua.variables), nil},
	} {
		missing, added := difference(part.old, part.new)
		for _, text := range missing {
			list = append(list, "- "+part.what+" "+text)
		}
		for _, text := range added {
			if part.ofMethods == nil || !part.ofMethods.MatchString(text) {
				list = append(list, "+ "+part.what+" "+text)
			}
		}
	}
	return list
}

var (
	methodApplications = regexp.MustCompile(`^(socket|answer|pre_answer|playback|sleep|read|play_and_get_digits|record|record_session|stop_record_session|park|speak|say|phrase|hangup|loop_playback|set|unset|transfer|lua|bridge) `)
	methodFiles        = regexp.MustCompile(`^PLAYBACK_START silence_stream://-1,1400$`) // while it records
	methodCommands     = regexp.MustCompile(`^(global_getvar|bgapi eval|uuid_\w+|expand|eval|sched_\w+|originate) `)
)

func assignments(variables map[string]string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, name+"="+variables[name])
	}
	return list
}

// difference returns what one list has and the other lacks, in their order: the shortest
// way from one to the other.
func difference(old, new []string) (missing, added []string) {
	longest := make([][]int, len(old)+1)
	longest[len(old)] = make([]int, len(new)+1)
	for i := len(old) - 1; i >= 0; i-- {
		longest[i] = make([]int, len(new)+1)
		for k := len(new) - 1; k >= 0; k-- {
			if old[i] == new[k] {
				longest[i][k] = longest[i+1][k+1] + 1
			} else {
				longest[i][k] = max(longest[i+1][k], longest[i][k+1])
			}
		}
	}
	i, k := 0, 0
	for i < len(old) || k < len(new) {
		switch {
		case i < len(old) && k < len(new) && old[i] == new[k]:
			i, k = i+1, k+1
		case k == len(new) || i < len(old) && longest[i+1][k] >= longest[i][k+1]:
			missing = append(missing, old[i])
			i++
		default:
			added = append(added, new[k])
			k++
		}
	}
	return missing, added
}
