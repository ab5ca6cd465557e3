package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/xml"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/dialplan"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/google/uuid"
)

// TestPrintedDialplanRuns and TestLivePrintedDialplanRuns run calls through the
// output of eslua dialplan, with hosts that answer, that are absent and that die.
func TestPrintedDialplanRuns(t *testing.T) {
	runPrinted(t, func(t *testing.T, play func(*testing.T, ground)) {
		testproc.Bubble(t, func(t *testing.T) { play(t, groundInBubble(t, switchsim.Config{Dialplan: patient})) })
	})
}

func TestLivePrintedDialplanRuns(t *testing.T) {
	address, password := livetest.Address(t)
	runPrinted(t, func(t *testing.T, play func(*testing.T, ground)) { play(t, liveGround(t, address, password)) })
}

func runPrinted(t *testing.T, where func(t *testing.T, play func(*testing.T, ground))) {
	const served, nobody, early, late, leaving = 0, 1, 2, 3, 4
	for name, c := range map[string]struct {
		hosts []int
		runs  int
	}{
		"a host":                            {[]int{served}, 1},
		"the first is not there":            {[]int{nobody, served}, 1},
		"the first dies before connect":     {[]int{early, served}, 1},
		"the first dies after connect":      {[]int{late, served}, 1},
		"two die":                           {[]int{early, late, served}, 1},
		"one dies about to transfer":        {[]int{leaving, early, served}, 1},
		"one dies after the flow has ended": {[]int{served, late}, 1},
		"only dying ones":                   {[]int{early, late}, 0},
		"none":                              {[]int{nobody}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where(t, func(t *testing.T, g ground) {
				seen := newStage()
				cfg := config.Default()
				cfg.Scripts = directory(t, map[string]string{"note.lua": "session:answer()\nfreeswitch.consoleLog('info', 'ran with ' .. table.concat(argv, '|'))\n"})
				cfg.Fallback = config.Fallback{Action: config.Hangup, Data: "USER_BUSY"}
				l := g.open()
				serving(t, l, cfg, clock.System(), stageLog{stage: seen}, seams{guest: true, notify: seamsOn(nil).notify})
				addresses := [...]string{
					served: l.Addr().String(), nobody: g.nobody, early: dying(t, g.open(), ""), late: dying(t, g.open(), "connect\n\n"),
					// A host that dies as it begins a transfer; an application runs only once the channel is parked.
					leaving: dying(t, g.open(), "connect\n\n", "myevents\n\n", "sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=b\n\n",
						"CHANNEL_EXECUTE_COMPLETE", "api uuid_setvar %s socket_resume\n\n"),
				}
				for _, host := range c.hosts {
					cfg.Hosts = append(cfg.Hosts, config.Address(addresses[host]))
				}
				id := uuid.NewString()
				act := seen.expect(id)
				line := "originate {origination_uuid=" + id + "}loopback/wait " +
					syntax.Word(inlined(t, cfg, "note", "two words", "a/b|c", "it's %20")) + " inline"
				t.Cleanup(func() { g.sw.api(context.Background(), t, "uuid_kill "+id) })
				if answer := g.sw.api(g.ctx, t, line); !strings.HasPrefix(answer, "+OK") {
					t.Fatalf("%s: %s", line, answer)
				}
				cause := "USER_BUSY" // the flow's fallback
				if c.runs > 0 {
					cause = "NORMAL_CLEARING"
				}
				if got := g.sw.hangup(g.ctx, t, id); got != cause {
					t.Errorf("the call ended with %s, want %s", got, cause)
				}
				want := slices.Repeat([]string{"ran with two words|a/b|c|it's %20"}, c.runs)
				if got := act.logged(); !slices.Equal(got, want) {
					t.Errorf("logged %q, want %q", got, want)
				}
			})
		})
	}
}

// inlined returns a printed extension in the syntax of the inline dialplan.
func inlined(t *testing.T, cfg config.Config, flow string, args ...string) string {
	t.Helper()
	all := printedExtensions(t, cfg, flow, args...)
	text := "m:~:"
	for i, a := range all[0].Actions {
		if i > 0 {
			text += "~"
		}
		text += a.App + ":" + a.Data
	}
	return text
}

// printedExtensions returns the output of eslua dialplan as the simulated switch
// takes it.
func printedExtensions(t *testing.T, cfg config.Config, flow string, args ...string) []switchsim.Extension {
	t.Helper()
	var b strings.Builder
	if err := dialplan.Write(&b, dialplan.Extensions(cfg, []string{flow}, args), cfg.Hosts, dialplan.Variables{State: checkpoint.Variable, Cause: call.CauseVariable}); err != nil {
		t.Fatal(err)
	}
	return readExtensions(t, []byte(b.String()))
}

// readExtensions reads a dialplan as the simulated switch takes it.
func readExtensions(t *testing.T, text []byte) (all []switchsim.Extension) {
	t.Helper()
	var doc struct {
		Extensions []struct {
			Condition struct {
				Expression string `xml:"expression,attr"`
				Actions    []struct {
					App  string `xml:"application,attr"`
					Data string `xml:"data,attr"`
				} `xml:"action"`
			} `xml:"condition"`
		} `xml:"extension"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, e := range doc.Extensions {
		x := switchsim.Extension{Match: e.Condition.Expression}
		for _, a := range e.Condition.Actions {
			x.Actions = append(x.Actions, switchsim.Action{App: a.App, Data: a.Data})
		}
		all = append(all, x)
	}
	return all
}

// TestPrintedRouteTakesItsCalls makes the number called an argument.
func TestPrintedRouteTakesItsCalls(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		l := n.Listen()
		cfg, err := config.Parse("eslua.yaml", []byte("routes:\n  - {destination: ^invite(7\\d\\d\\d)$, flow: inviteToConf, args: [$1, 5, 1, USER_BUSY]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Hosts = []config.Address{config.Address(dying(t, n.Listen(), "")), config.Address(l.Addr().String())}
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": append(printedExtensions(t, cfg, "inviteToConf"),
			switchsim.Extension{Match: "7005", Actions: []switchsim.Action{{App: "hangup", Data: "CALL_REJECTED"}}})}})
		serving(t, l, cfg, clock.System(), nil, seamsOn(n))
		c := sim.Call(switchsim.Caller{Number: "1000", Destination: "invite7005", Script: []switchsim.Step{
			switchsim.OnPlayback("to_accept").After(100 * time.Millisecond).Press("1"),
		}})
		<-c.Done()
		if got := c.Variable("socket_path"); got != "inviteToConf/7005/5/1/USER_BUSY" || c.Cause() != "CALL_REJECTED" {
			t.Errorf("the path was %q, and the call ended with %s", got, c.Cause())
		}
	})
}

// dying starts a host at l that sends its last words to each call, each one when the
// previous was answered, and closes; %s in them is the call's uuid. A word that is
// not a whole command names an event to wait for.
func dying(t *testing.T, l net.Listener, words ...string) (address string) {
	t.Helper()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			over := context.AfterFunc(t.Context(), func() { _ = c.Close() })
			from, id := textproto.NewReader(bufio.NewReader(c)), ""
			for _, w := range words {
				if w == "" {
					continue
				}
				isCommand := strings.HasSuffix(w, "\n\n")
				if isCommand {
					_, _ = c.Write([]byte(strings.Replace(w, "%s", id, 1)))
				}
				for {
					answer, err := from.ReadMIMEHeader()
					id = cmp.Or(id, answer.Get("Unique-ID"))
					if err != nil || isCommand || answer.Get("Event-Name") == w {
						break
					}
				}
			}
			_ = c.Close()
			over()
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}
