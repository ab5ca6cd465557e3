package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A journal is a log that tests read and wait for.
type journal struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown *sync.Cond
}

func newJournal() *journal {
	j := &journal{}
	j.grown = sync.NewCond(&j.mu)
	return j
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.grown.Broadcast()
	return j.text.Write(p)
}

func (j *journal) count(s string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), s)
}

// wait returns once s stands n times in the log.
func (j *journal) wait(n int, s string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for strings.Count(j.text.String(), s) < n {
		j.grown.Wait()
	}
}

// A world is a Link whose network and time are the test's.
type world struct {
	t       *testing.T
	clk     *clock.Manual
	log     *journal
	link    *Link
	dialled chan *peer    // one for each connection the Link makes
	absent  chan struct{} // open while FreeSWITCH is there
	pausing chan struct{} // one for each pause between attempts
	stop    func() error  // ends Run and returns what it returned
}

func newWorld(t *testing.T, node Node, o Options) *world {
	w := &world{
		t: t, clk: clock.NewManual(time.Unix(0, 0)), log: newJournal(),
		dialled: make(chan *peer), absent: make(chan struct{}), pausing: make(chan struct{}, 100),
	}
	if node.Name == "" {
		node.Name = "fs1"
	}
	if node.Password == "" {
		node.Password = "ClueCon"
	}
	node.Address = "192.0.2.1"
	o.Rand = func() float64 { w.pausing <- struct{}{}; return 0 }
	o.Dial = w.dial
	w.link = New(node, slog.New(slog.NewTextHandler(w.log, nil)), w.clk, o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.link.Run(ctx) }()
	w.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) dial(ctx context.Context, address string) (net.Conn, error) {
	if address != "192.0.2.1:8021" {
		return nil, errors.New("dialled " + address)
	}
	near, far := net.Pipe()
	select {
	case w.dialled <- &peer{t: w.t, nc: far, r: bufio.NewReader(far)}:
		return near, nil
	case <-w.absent:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// nextAttempt lets the pause that follows pass.
func (w *world) nextAttempt() {
	<-w.pausing
	w.clk.WaitForTimers(1)
	w.clk.AdvanceToNext()
}

// up accepts a connection, does what FreeSWITCH does and returns once the Link
// says that it is connected for the nth time.
func (w *world) up(n int, core string) *peer {
	w.t.Helper()
	p := <-w.dialled
	p.greet()
	for _, names := range []string{"HEARTBEAT", "BACKGROUND_JOB"} {
		p.expect("event plain " + names)
		p.send(reply("+OK event listener enabled plain"))
	}
	p.expect("api global_getvar core_uuid")
	p.send(apiResponse(core))
	w.log.wait(n, "connected to FreeSWITCH")
	w.t.Cleanup(p.hangUp)
	return p
}

// beat sends a HEARTBEAT and waits until the Link knows its Core-UUID.
func (w *world) beat(p *peer, core string, interval int) {
	const unknown = -1
	isUp := w.link.Up()
	w.link.noteRoundTrip(unknown)
	p.send(beat(core, interval))
	if isUp { // then it measures the round trip
		p.expect("api global_getvar core_uuid")
		p.send(apiResponse(core))
		for w.link.Status().Health.RoundTrip == unknown {
			runtime.Gosched()
		}
	}
	for w.link.Status().CoreUUID != core {
		runtime.Gosched()
	}
}

// A peer is the FreeSWITCH side of one connection.
type peer struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

func (p *peer) greet() {
	p.t.Helper()
	p.send("Content-Type: auth/request\n\n")
	p.expect("auth ClueCon")
	p.send(reply("+OK accepted"))
}

// command reads one command's head.
func (p *peer) command() (string, error) {
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return b.String(), err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return strings.TrimSuffix(b.String(), "\n"), nil
		}
		b.WriteString(line + "\n")
	}
}

func (p *peer) expect(want string) {
	p.t.Helper()
	if got, err := p.command(); err != nil || got != want {
		p.t.Errorf("the peer read %q, %v, want %q", got, err, want)
	}
}

// expectEnd waits until the Link closes the connection.
func (p *peer) expectEnd() {
	p.t.Helper()
	if got, err := p.command(); err == nil {
		p.t.Errorf("the peer read %q, want the end", got)
	}
}

func (p *peer) send(frames ...string) {
	p.t.Helper()
	if _, err := p.nc.Write([]byte(strings.Join(frames, ""))); err != nil {
		p.t.Error(err)
	}
}

func (p *peer) hangUp() { p.nc.Close() }

// A packet is one line of a capture of FreeSWITCH 1.11.
type packet struct {
	From string `json:"from"`
	Data string `json:"data"`
}

func capture(t *testing.T, name string) []packet {
	t.Helper()
	text, err := os.ReadFile("testdata/captures/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var packets []packet
	for line := range strings.Lines(string(text)) {
		var p packet
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if p.From != "" && p.Data != "<closed>" {
			packets = append(packets, p)
		}
	}
	return packets
}
