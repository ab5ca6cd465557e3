package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
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

// beyondPath matches what the path of a socket cannot hold as it is.
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

// A scriptLog is a log handler that keeps what scripts log, and why they fail.
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
	line, kept := r.Message, true
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			place := errorPlace.FindString(a.Value.String())
			line, kept = "error "+place, place != "" // the texts are those of another Lua
		}
		return true
	})
	if kept {
		h.lines <- line
	}
	return nil
}

// advice matches what eslua says to the admin, and FreeSWITCH in another form.
var advice = regexp.MustCompile(`^(the flow (begins|ended)|FreeSWITCH cannot play|the call has hung up, so)`)

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
	methodApplications = regexp.MustCompile(`^(socket|answer|pre_answer|playback|sleep|read|play_and_get_digits|record|record_session|stop_record_session|park|speak|say|phrase|hangup|loop_playback|set|multiset|queue_dtmf|unset|transfer|lua|bridge) `)
	methodFiles        = regexp.MustCompile(`^PLAYBACK_START silence_stream://-1,1400$`) // while it records
	methodCommands     = regexp.MustCompile(`^(global_getvar|bgapi eval|uuid_\w+|expand|eval|sched_\w+|originate|msleep) `)
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
