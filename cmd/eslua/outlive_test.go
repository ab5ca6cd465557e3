package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/google/uuid"
)

// Two hosts serve the calls of one flow. One of them, which has calls in the middle,
// is killed with kill -9 again and again. Only the switch reports how each call
// ended.
const outliveAtOnce = 40

// outliveSize returns the least number of calls and of kills.
func outliveSize() (calls, kills int) {
	if testing.Short() {
		return 60, 3
	}
	return 200, 10
}

// outliveFlow writes a checkpoint after each stage. FreeSWITCH sends the event of a
// deleted task up to a second later, so the end waits for it; a late digit would
// break the sleep.
const outliveFlow = `
session:setVariable("served_by", settings.host)
session:answer()
local call = session:resumed() or { stage = "asked", timeout = session:schedHangup(tonumber(argv[1]), "NO_USER_RESPONSE") }
session:checkpoint(call)

while call.stage == "asked" and session:ready() do
  if session:read(1, 1, "tone_stream://%(150,0,440)", 20000, "#") == "1" then
    call.stage = "charged"
    session:checkpoint(call)
  end
end
if call.stage == "charged" then
  session:execute("set", "charged=yes")
  call.stage = "thanked"
  session:checkpoint(call)
end
if call.stage == "thanked" and session:ready() then
  session:execute("set", "thanked=yes")
  session:streamFile("tone_stream://%(150,0,330)")
  call.stage = "ends"
  session:checkpoint(call)
end
if call.stage == "ends" then
  call.timeout:cancel()
  session:transfer("set:the_end=yes,set:sleep_eat_digits=true,sleep:1200,hangup:NORMAL_UNSPECIFIED", "inline")
end
`

func TestCallsOutliveTheirHosts(t *testing.T) {
	t.Parallel()
	sim := simulated(t, switchsim.Config{})
	outlive(t, sim.Addr(), "ClueCon")
}

func TestLiveCallsOutliveTheirHosts(t *testing.T) {
	address, password := livetest.Address(t)
	outlive(t, address, password)
}

// A mortal is an eslua that is killed and started again.
type mortal struct {
	name, binary, dir, listen string
	cmd                       *exec.Cmd
	gone                      chan struct{} // its log has ended
}

// newMortal returns a host with further settings, in which STATE is its directory.
func newMortal(t *testing.T, name, binary, scripts, more string) *mortal {
	t.Helper()
	dir, err := os.MkdirTemp("", "eslua") // short, for the path of a Unix socket
	if err != nil {
		t.Fatal(err)
	}
	m := &mortal{name: name, binary: binary, dir: dir, listen: freeAddress(t)}
	settings := fmt.Sprintf("listen: %s\nscripts: %s\nadmin: %s/admin\n%s", m.listen, scripts, dir, strings.ReplaceAll(more, "STATE", dir))
	if err := os.WriteFile(dir+"/eslua.yaml", []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.kill()
		_ = os.RemoveAll(dir)
	})
	return m
}

// start returns when it takes calls.
func (m *mortal) start(t *testing.T) {
	t.Helper()
	m.cmd = exec.Command(m.binary, "serve", "--config", m.dir+"/eslua.yaml")
	m.cmd.Env = []string{"HOME=" + m.dir}
	log, err := m.cmd.StderrPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	taking := make(chan struct{})
	m.gone = make(chan struct{})
	go func() {
		defer close(m.gone)
		up := false
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if line := lines.Text(); !up && strings.Contains(line, "taking calls") {
				up = true
				close(taking)
			} else if (strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR")) && !strings.Contains(line, "the call has hung up") &&
				!strings.Contains(line, "it hands over no call") && // the call left just as the other host died
				!strings.Contains(line, "No such channel") && // or hung up
				!strings.Contains(line, "is tried again") { // a busy machine's server is slow to answer a push
				t.Errorf("%s: %s", m.name, line)
			}
		}
		if !up {
			t.Errorf("%s did not start", m.name)
			close(taking)
		}
	}()
	<-taking
}

// kill does what kill -9 does.
func (m *mortal) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	<-m.gone
	_ = m.cmd.Wait()
	m.cmd = nil
}

// A witness holds what the switch reports about one call.
type witness struct {
	silent   bool   // the caller presses nothing
	host     string // the host that serves it
	stage    string
	reading  bool
	charged  int
	thanked  bool
	tasks    int // timed hangups to come
	ends     int
	survived int // the number of kills
	cause    string
}

type outliveTest struct {
	*testing.T
	ctx context.Context

	wantCalls, wantKills int // at least

	events  *switchEvents
	control *switchEvents
	hosts   map[string]*mortal
	calls   map[string]*witness
	open    int // calls that have not come to their end
	up      int // channels
	kills   int
	seen    map[string]int // stages that calls were in when their host was killed
}

func outlive(t *testing.T, address, password string) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "outlive.lua"), []byte(outliveFlow), 0o644); err != nil {
		t.Fatal(err)
	}
	binary := programFile(t, testproc.Binary(t))
	ctx := testproc.Context(t)
	o := &outliveTest{
		T: t, ctx: ctx, events: dialSwitch(t, address, password), control: dialSwitch(t, address, password),
		hosts: map[string]*mortal{}, calls: map[string]*witness{}, seen: map[string]int{},
	}
	o.wantCalls, o.wantKills = outliveSize()
	subscribe, err := esl.Subscribe("plain", "CHANNEL_EXECUTE", "PLAYBACK_START", "ADD_SCHEDULE", "DEL_SCHEDULE")
	o.events.do(ctx, t, subscribe, err)
	for _, name := range []string{"A", "B"} {
		o.hosts[name] = newMortal(t, name, binary, dir, "flows: {outlive: {settings: {host: "+name+"}}}\n")
		o.hosts[name].start(t)
	}
	o.run()
	o.judge()
}

// run places calls and kills hosts until all calls have ended.
func (o *outliveTest) run() {
	arrived := make(chan esl.Event)
	go func() {
		defer close(arrived)
		for {
			e, err := o.events.conn.Next(o.ctx)
			if err != nil {
				return
			}
			select {
			case arrived <- e:
			case <-o.ctx.Done():
				return
			}
		}
	}()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for o.place(); o.up > 0; o.place() {
		select {
		case e, ok := <-arrived:
			if !ok {
				for id, w := range o.calls {
					if w.cause == "" {
						o.Errorf("%s has not ended: %+v", id, *w)
					}
				}
				o.Fatalf("after %d kills %d calls are still there", o.kills, o.up)
			}
			o.take(e)
		case <-again.C: // a digit can be lost with the host that had it
			for id, w := range o.calls {
				if w.reading && w.cause == "" {
					o.press(id, w)
				}
			}
		}
	}
}

// place starts calls so that enough of them run.
func (o *outliveTest) place() {
	for o.open < outliveAtOnce && (len(o.calls) < o.wantCalls || o.kills < o.wantKills) {
		id := uuid.NewString()
		w := &witness{silent: len(o.calls)%8 == 7}
		limit := 600
		if w.silent {
			limit = 3
		}
		o.calls[id] = w
		o.open++
		o.up++
		a, b := o.hosts["A"].listen, o.hosts["B"].listen
		actions := []string{"set:socket_resume=true"}
		for range 6 * o.wantKills { // FreeSWITCH takes the next one each time, and more if it meets a host that dies just then or puts two on the call
			actions = append(actions, fmt.Sprintf("socket:%s/outlive/%d|%s/outlive/%d async full", a, limit, b, limit))
		}
		actions = append(actions, "hangup:NORMAL_TEMPORARY_FAILURE")
		// A far end that answers at once makes FreeSWITCH leave some calls in CS_ROUTING.
		if _, err := o.control.conn.StartJob(fmt.Sprintf("originate {origination_uuid=%s}loopback/m:^:sleep:100^answer^park/default/inline 'm:^:%s' inline", id, strings.Join(actions, "^"))); err != nil {
			o.Fatal(err)
		}
	}
}

func (o *outliveTest) press(id string, w *witness) {
	if w.silent {
		return
	}
	if _, err := o.control.conn.StartJob("uuid_recv_dtmf " + id + " 1"); err != nil {
		o.Fatal(err)
	}
}

// take records an event, and kills a host when it is time.
func (o *outliveTest) take(e esl.Event) {
	id := cmp.Or(e.Get("Unique-ID"), e.Get("Task-Group"))
	w := o.calls[id]
	if w == nil {
		return
	}
	w.host = cmp.Or(e.Get("variable_served_by"), w.host)
	step := e.Name()
	switch step {
	case "CHANNEL_EXECUTE":
		step = strings.TrimSuffix(e.Get("Application")+" "+e.Get("Application-Data"), " ")
		w.reading = e.Get("Application") == "read"
		switch step {
		case "set charged=yes":
			w.charged++
			w.stage = "charged"
			if w.thanked {
				o.Errorf("%s is charged again after a checkpoint said that it was", id)
			}
		case "set thanked=yes":
			w.thanked, w.stage = true, "thanked"
		case "set the_end=yes":
			w.ends++
			w.stage = ""
			o.open--
		}
	case "PLAYBACK_START":
		if w.reading {
			w.stage = "asked"
			o.press(id, w)
		}
	case "ADD_SCHEDULE":
		w.tasks++
		w.stage = "scheduled"
	case "DEL_SCHEDULE":
		w.tasks--
		if w.thanked && w.ends == 0 {
			w.stage = "leaves"
		}
	case "CHANNEL_HANGUP_COMPLETE":
		if w.ends > 0 && w.tasks != 0 {
			o.Errorf("%s has come to its end with %d timed hangups still to come", id, w.tasks)
		}
		if w.ends == 0 {
			o.open--
		}
		w.cause, w.stage = e.Get("Hangup-Cause"), ""
		o.up--
	}
	o.maybeKill(w)
}

// stages lists where a call can be when its host is killed; each kill waits for the
// next of them.
var stages = []string{"asked", "charged", "scheduled", "thanked", "leaves"}

func (o *outliveTest) maybeKill(w *witness) {
	if o.kills == o.wantKills || len(o.calls) < (o.kills+1)*o.wantCalls/(o.wantKills+1) || w.stage != stages[o.kills%len(stages)] || w.host == "" {
		return
	}
	serving := 0
	for _, other := range o.calls {
		if other.host == w.host && other.stage != "" {
			serving++
		}
	}
	if serving < outliveAtOnce/4 {
		return
	}
	o.kills++
	host := o.hosts[w.host]
	host.kill()
	for _, other := range o.calls {
		if other.host == host.name && other.stage != "" {
			o.seen[other.stage]++
			other.survived++
		}
	}
	host.start(o.T)
}

func (o *outliveTest) judge() {
	killed, most := 0, 0
	for id, w := range o.calls {
		want, ends, charged := "NORMAL_UNSPECIFIED", 1, w.charged >= 1
		if w.silent {
			want, ends, charged = "NO_USER_RESPONSE", 0, w.charged == 0
		}
		if w.cause != want || w.ends != ends || !charged {
			o.Errorf("%s ended with %s, reached its end %d times, was charged %d times: %+v", id, w.cause, w.ends, w.charged, *w)
		}
		if w.survived > 0 {
			killed++
		}
		most = max(most, w.survived)
	}
	o.Logf("%d calls; %d kills hit %d of them, one %d times; in the stages %v", len(o.calls), o.kills, killed, most, o.seen)
	if o.kills < o.wantKills || killed < o.wantCalls/10 || o.seen["asked"] == 0 || o.seen["thanked"] == 0 && o.wantKills >= len(stages) {
		o.Error("too few calls were in the middle when their hosts were killed")
	}
}
