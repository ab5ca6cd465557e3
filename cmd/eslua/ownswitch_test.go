package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// An ownSwitch is a FreeSWITCH that a test has started, for what a configuration decides.
type ownSwitch struct {
	*switchWatch
	address string
	ask     *esl.Conn
	out     string // the file that its output goes to
	ended   <-chan struct{}
	kill    func()
}

// ownModules are what every ownSwitch loads, before what its test names.
const ownModules = "mod_event_socket mod_commands mod_dptools mod_hash mod_loopback mod_dialplan_xml mod_tone_stream mod_sndfile"

// startSwitch begins to start the FreeSWITCH that ESLUA_FREESWITCH names by its directory of
// installation (/usr/local/freeswitch). It has nothing of that one's configuration, but what
// sections hold by their names; switch are settings of switch.conf.
func startSwitch(t *testing.T, address, scripts, modules string, sections map[string]string) *ownSwitch {
	t.Helper()
	prefix := os.Getenv("ESLUA_FREESWITCH")
	if prefix == "" {
		t.Skip("set ESLUA_FREESWITCH to the directory in which a FreeSWITCH is installed (that of bin/freeswitch), which the test starts")
	}
	dir, err := os.MkdirTemp("", "eslua-switch")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	_, port, _ := net.SplitHostPort(address)
	var conf bytes.Buffer
	conf.WriteString(`<document type="freeswitch/xml"><section name="configuration">
<configuration name="switch.conf"><settings><param name="loglevel" value="debug"/><param name="max-sessions" value="20000"/><param name="sessions-per-second" value="10000"/>` + sections["switch"] + `</settings></configuration>
<configuration name="event_socket.conf"><settings><param name="listen-ip" value="127.0.0.1"/><param name="listen-port" value="` + port + `"/><param name="password" value="ClueCon"/></settings></configuration>
<configuration name="modules.conf"><modules>`)
	for _, m := range strings.Fields(ownModules + " " + modules) {
		conf.WriteString(`<load module="` + m + `"/>`)
	}
	conf.WriteString("</modules></configuration>\n" + sections["configuration"] + "\n</section>\n")
	for name, text := range sections {
		if name != "configuration" && name != "switch" {
			conf.WriteString(`<section name="` + name + `">` + text + "</section>\n")
		}
	}
	conf.WriteString("</document>\n")
	write(t, dir, "freeswitch.xml", conf.String())
	write(t, dir, "mime.types", "audio/x-wav wav\n")

	args := []string{"-nf", "-nc", "-np", "-nonat", "-mod", firstDirectory(t, prefix+"/lib/freeswitch/mod", prefix+"/mod"), "-scripts", scripts}
	for _, d := range []string{"conf", "log", "db", "run", "recordings", "storage", "cache", "grammar", "htdocs", "certs", "temp", "sounds"} {
		args = append(args, "-"+d, dir)
	}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(prefix, "bin/freeswitch"), args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "LD_LIBRARY_PATH="+prefix+"/lib"), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	kill := func() { _ = cmd.Process.Kill(); <-ended }
	t.Cleanup(func() { kill(); out.Close() })
	return &ownSwitch{address: address, out: out.Name(), ended: ended, kill: kill}
}

// wait waits until the FreeSWITCH runs.
func (s *ownSwitch) wait(t *testing.T) {
	t.Helper()
	for s.ask == nil {
		select {
		case <-s.ended:
			text, _ := os.ReadFile(s.out)
			t.Fatalf("FreeSWITCH has ended:\n%s", text)
		case <-time.After(50 * time.Millisecond):
		}
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			continue
		}
		s.ask = esl.NewConn(conn, esl.Options{})
		t.Cleanup(func() { _ = s.ask.Close() })
	}
	if _, err := s.ask.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.do(t, esl.Auth, "ClueCon")
	for !strings.Contains(s.api(t, "status"), "is ready") {
		time.Sleep(50 * time.Millisecond)
	}
	s.switchWatch = watchSwitch(t, s.address, "ClueCon")
}

func firstDirectory(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if st, err := os.Stat(name); err == nil && st.IsDir() {
			return name
		}
	}
	t.Fatalf("none of %q is there", names)
	return ""
}

func (s *ownSwitch) do(t *testing.T, command func(string) (esl.Command, error), text string) string {
	t.Helper()
	cmd, err := command(text)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := s.ask.Do(context.Background(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Text()
}

// api runs an API command and returns its output.
func (s *ownSwitch) api(t *testing.T, line string) string {
	t.Helper()
	return s.do(t, esl.API, line)
}
