package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

const (
	upgradeEvery  = 100 // calls that have ended between two upgrades
	upgradeCalls  = 12  // at a time
	upgradeKnocks = 4   // connections at a time that close again
)

// upgrades returns how often the program is replaced.
func upgrades() int {
	if testing.Short() {
		return 2
	}
	return 5
}

// TestUpgradeUnderLoad replaces the program while calls come in: no connection is
// refused or reset, and each call ends as its script says, also one that the older
// program serves to its end.
func TestUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	addr := freeAddress(t)
	site := newSite(t, addr)
	run := site.start(site.serve("--listen", addr))
	run.told(t, "READY=1")
	load := site.load()
	for range upgrades() {
		load.await(upgradeEvery)
		staying := site.call("long")
		next := site.start(site.serve("--listen", addr, "--takeover"))
		next.told(t, "READY=1")
		next.says(t, "the previous eslua takes no more calls")
		run.told(t, "STOPPING=1")
		load.await(upgradeEvery)
		staying.Press("1")
		site.rejected(staying)
		run.ended(t)
		run = next
	}
	load.stop()
	run.end(t)
	run.ended(t)
}

// TestRestartUnderLoad restarts the program as systemd does, which keeps the socket:
// connections wait from the end of one process to the start of the next.
func TestRestartUnderLoad(t *testing.T) {
	t.Parallel()
	l := listening(t)
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	site := newSite(t, l.Addr().String())
	activated := func() *process {
		// Only the process itself knows its PID, which systemd sets after its fork.
		serve := site.serve()
		shell := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=calls exec "$0" "$@"`}, serve.Args...)...)
		shell.ExtraFiles = []*os.File{socket}
		return site.start(shell)
	}
	run := activated()
	run.told(t, "READY=1")
	run.says(t, "systemd passed")
	load := site.load()
	for range upgrades() {
		load.await(upgradeEvery)
		run.end(t)
		run.ended(t)
		run = activated()
		run.told(t, "READY=1")
	}
	load.await(upgradeEvery)
	load.stop()
	run.end(t)
	run.ended(t)
}

// A site is a directory with scripts and the program, and a simulated FreeSWITCH
// whose calls go to listen.
type site struct {
	t           *testing.T
	network     *memnet.Network // nil: this machine's
	dir, listen string
	sim         *switchsim.Switch
	playing     chan string // UUIDs of long calls whose prompt has begun
	processes   int
}

func newSite(t *testing.T, listen string) *site {
	t.Helper()
	return newSiteOn(t, nil, listen)
}

// newSiteOn makes a site on a network of the test's bubble.
func newSiteOn(t *testing.T, n *memnet.Network, listen string) *site {
	t.Helper()
	s := &site{t: t, network: n, dir: t.TempDir(), listen: listen, playing: make(chan string, 1)}
	s.write("scripts/call.lua", `
session:answer()
if argv[1] == "long" then
  session:read(1, 1, "stay.wav", 600000, "#")
else
  session:sleep(20)
end
session:hangup("CALL_REJECTED")`)
	actions := func(path string) []switchsim.Action {
		return []switchsim.Action{
			{App: "set", Data: "socket_resume=true"},
			{App: "socket", Data: listen + path + " async full"},
			{App: "hangup", Data: "NORMAL_TEMPORARY_FAILURE"},
		}
	}
	cfg := switchsim.Config{
		Dialplan: switchsim.Dialplan{"default": {
			{Match: "short", Actions: actions("/call/short")},
			{Match: "long", Actions: actions("/call/long")},
			{Match: "unnamed", Actions: actions("")}, // takes the default flow
		}},
		Media: map[string]time.Duration{"stay.wav": time.Hour},
		Trace: func(e switchsim.Entry) {
			if e.Kind == "play" && strings.Contains(e.What, "stay.wav") {
				s.playing <- e.UUID
			}
		},
	}
	if n != nil {
		s.sim = simulatedOn(t, n, cfg)
	} else {
		s.sim = simulated(t, cfg)
	}
	return s
}

// write puts a file into the site's directory.
func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, filepath.Dir(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// call makes a call that the script rejects, at once ("short") or after a digit
// ("long"). A long one has been answered when call returns.
func (s *site) call(destination string) *switchsim.Call {
	c := s.sim.Call(switchsim.Caller{Number: "1000", Destination: destination})
	if destination == "long" {
		<-s.playing
	}
	return c
}

func (s *site) serve(args ...string) *exec.Cmd {
	return exec.Command(programFile(s.t, testproc.Binary(s.t)), append([]string{"serve", "--scripts", filepath.Join(s.dir, "scripts")}, args...)...)
}

// A manager is the systemd that a process notifies.
type manager struct{ *net.UnixConn }

// systemd returns a new manager and its socket.
func (s *site) systemd() (manager, string) {
	s.t.Helper()
	s.processes++
	name := filepath.Join(s.dir, fmt.Sprintf("notify%d", s.processes))
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := os.Chmod(name, 0o777); err != nil { // as systemd's is
		s.t.Fatal(err)
	}
	return manager{c}, name
}

// told reads notifications up to one that contains part.
func (m manager) told(t *testing.T, part string) {
	t.Helper()
	buffer := make([]byte, 4096)
	for {
		n, err := m.Read(buffer)
		if err != nil {
			t.Fatalf("the process ended without telling systemd %s", part)
		}
		if strings.Contains(string(buffer[:n]), part) {
			return
		}
	}
}

// A process is one eslua and the systemd that started it.
type process struct {
	manager
	cmd   *exec.Cmd
	mu    sync.Mutex
	log   strings.Builder
	lines chan string // all that is logged, as long as there is room
	over  chan error
}

func (s *site) start(cmd *exec.Cmd, env ...string) *process {
	s.t.Helper()
	systemd, name := s.systemd()
	p := &process{cmd: cmd, manager: systemd, lines: make(chan string, 1000), over: make(chan error, 1)}
	cmd.Env = append([]string{"NOTIFY_SOCKET=" + name, "RUNTIME_DIRECTORY=" + s.dir, "PATH=" + os.Getenv("PATH")}, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.over)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			p.mu.Lock()
			p.log.WriteString(in.Text() + "\n")
			p.mu.Unlock()
			select {
			case p.lines <- in.Text():
			default:
			}
		}
		close(p.lines)
		p.over <- cmd.Wait()
		_ = systemd.Close() // ends a told that waits
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.over
		if s.t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			s.t.Logf("process %d logged:\n%s", cmd.Process.Pid, p.log.String())
		}
	})
	return p
}

// says reads the log up to a line that contains part.
func (p *process) says(t *testing.T, part string) string {
	t.Helper()
	for line := range p.lines {
		if strings.Contains(line, part) {
			return line
		}
	}
	t.Fatalf("the process ended without logging %q", part)
	return ""
}

// end does what systemctl stop does.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

func (p *process) ended(t *testing.T) {
	t.Helper()
	if err := <-p.over; err != nil {
		t.Errorf("the process ended with %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "level=ERROR") {
			t.Errorf("the process logged %s", line)
		}
	}
}

// A load makes calls and connections until it is stopped.
type load struct {
	*site
	over  atomic.Bool
	done  sync.WaitGroup
	ended chan struct{} // one for each call that has ended
	knock atomic.Int64
}

func (s *site) load() *load {
	l := &load{site: s, ended: make(chan struct{}, 1)}
	for range upgradeCalls {
		l.done.Go(func() {
			for !l.over.Load() {
				l.rejected(s.call("short"))
				select {
				case l.ended <- struct{}{}:
				default:
				}
			}
		})
	}
	for range upgradeKnocks {
		l.done.Go(func() {
			for !l.over.Load() {
				if err := knock(s.listen); err != nil {
					s.t.Errorf("a connection, after %d: %v", l.knock.Load(), err)
					return
				}
				l.knock.Add(1)
			}
		})
	}
	return l
}

// knock connects and closes when eslua has sent its first command.
func knock(addr string) error {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer nc.Close()
	_, err = io.ReadFull(nc, make([]byte, len("connect\n\n")))
	return err
}

// rejected waits until the script has ended a call.
func (s *site) rejected(c *switchsim.Call) {
	s.t.Helper()
	s.ends(c, "CALL_REJECTED")
}

func (s *site) ends(c *switchsim.Call, cause string) {
	s.t.Helper()
	<-c.Done()
	if got := c.Cause(); got != cause {
		s.t.Errorf("a call ended with %s, want %s", got, cause)
	}
}

// await waits until so many calls have ended.
func (l *load) await(calls int) {
	for range calls {
		<-l.ended
	}
}

func (l *load) stop() {
	l.over.Store(true)
	go func() {
		for range l.ended {
		}
	}()
	l.done.Wait()
	close(l.ended)
	l.t.Logf("%d connections besides the calls", l.knock.Load())
}
