package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"testing/fstest"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/replay"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"
)

func replayCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "replay [flags] FILE",
		Short: "play a recorded call again, without a FreeSWITCH",
		Long: `Play a call again that eslua has recorded (record: of the configuration), without a FreeSWITCH and in
a time of its own: ten minutes take no time. The flow gets what FreeSWITCH said then, at the same
times, as long as it sends what it sent then. Printed is the ladder of the call and, if the flow goes
another way than in the real call, both ladders from there, with the first line that differs marked.
What it asked databases, HTTP servers, kv, queues, other nodes and the legs that it dialled is answered
as then; nobody is asked. Files outside of the scripts are not recorded: a flow that reads or writes
them goes another way there.
It plays the flow as it was, or with --scripts one that was edited. The exit code is 1 if the flow
goes another way.
Keys that the caller pressed are masked in the file unless trace: digits: shown; --keys says which
ones to press instead.`,
		Example: examples(
			"play a call again", "eslua replay /var/lib/eslua/calls/20261128-150405.123-menu-6f0c.call",
			"see whether the edited flow does better", "eslua replay --scripts /etc/eslua/scripts FILE",
			"press keys where the file has them masked", "eslua replay --keys 4711# FILE",
			"make a test of it", "eslua replay --to-test FILE >/etc/eslua/scripts/failed_test.lua",
		),
		Args: exactly(1, "eslua replay [--scripts DIR] [--keys KEYS] [--to-test] FILE"),
	}
	c.ValidArgsFunction = fileThenAny(conversation.Ending[1:])
	r := replaying{program: p}
	c.Flags().StringVar(&r.scripts, "scripts", "", "play the flow as it is in `DIR`")
	c.Flags().StringVar(&r.keys, "keys", "", "the `KEYS` that the caller presses, one after the other, where they are masked")
	c.Flags().BoolVar(&r.toTest, "to-test", false, "print a test for eslua test instead, which makes the same call on a simulated FreeSWITCH")
	c.RunE = func(c *cobra.Command, args []string) error { return r.run(c.Context(), args[0]) }
	return c
}

// A replaying is one run of eslua replay.
type replaying struct {
	*program
	scripts, keys string
	toTest        bool
}

func (r replaying) run(ctx context.Context, file string) error {
	recorded, err := conversation.Read(file)
	var wrong *conversation.DamagedError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: %s", file, wrong)
	case err != nil:
		return err
	}
	if r.toTest {
		writeTest(r.stdout, recorded.Ladder)
		return nil
	}
	// Nothing outside of the replay's time may end what waits in it: a signal ends the process.
	played, err := r.play(context.WithoutCancel(ctx), recorded)
	if err != nil {
		return err
	}
	return r.print(recorded, played)
}

// A played is what came of a replay.
type played struct {
	trace.Ladder
	parting       *replay.Parting // nil: none
	inReal, inNow int             // the numbers of the rungs that differ first; -1: none does
}

// play runs the flow against the recorded call.
func (r replaying) play(ctx context.Context, recorded *conversation.Conversation) (result played, err error) {
	if flowtest.Virtually(func() { result, err = r.playHere(ctx, recorded) }) != nil {
		return result, errors.New("the file holds no call that can be played to its end: everybody waits for what does not come")
	}
	return result, err
}

// warmUp is how long the host runs before the call.
const warmUp = time.Second

func (r replaying) playHere(ctx context.Context, recorded *conversation.Conversation) (played, error) {
	system := clock.System()
	clk := clock.Shifted(system, recorded.Began.Add(-warmUp).Sub(system.Now()))
	network := replay.NewNetwork()
	peer := replay.NewPeer(recorded, r.keys, clk)
	defer peer.End()
	ended := make(chan struct{})
	test := seams{
		guest: true, alone: true,
		listen: network.ListenOn, dial: network.Dial,
		notify:  func() (*fsnotify.Watcher, error) { return nil, errAlone },
		ended:   func(*outbound.Call) { close(ended) },
		seed:    func() uint64 { return recorded.Seed },
		pace:    replay.NewPace(recorded.Ladder, clk),
		outside: func(c *outbound.Call) vm.Outside { return peer.Answers(c.Aside) },
	}
	cfg := settingsOf(recorded)
	if r.scripts != "" {
		cfg.Scripts = r.scripts
	} else {
		test.scripts = sourcesOf(recorded)
	}
	host, err := build(ctx, cfg, slog.New(slog.DiscardHandler), clk, test)
	if err != nil {
		return played{}, err
	}
	l := network.Listen()
	ctx, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = host.run(ctx, l, nil)
	}()
	defer func() { stop(); <-served }()
	generation, flow := host.scripts.Current(), recorded.Ladder.Flow
	peer.Rename(recorded.Ladder.Generation, generation.Name())
	peer.Rename(recorded.Ladder.Version, generation.Version(flow))
	parting, err := peer.Play(ctx, func(ctx context.Context) (net.Conn, error) { return network.Dial(ctx, l.Addr().String()) })
	if err != nil {
		return played{}, err
	}
	if parting == nil {
		peer.End()
		select {
		case <-ended:
		case <-ctx.Done():
		}
	}
	if err := clock.Sleep(ctx, clk, time.Millisecond); err != nil { // until everybody waits
		return played{}, err
	}
	result := played{parting: parting}
	if result.Ladder, err = host.traces.Ladder(trace.Query{}); err != nil {
		return played{}, err
	}
	for _, w := range result.Waits { // what it waits in comes last
		w.N = result.Rungs
		result.Steps, result.Rungs = append(result.Steps, w), result.Rungs+1
	}
	result.inReal, result.inNow = peer.Differ(recorded.Ladder, result.Ladder)
	return result, nil
}

// mostCPU bounds what the script of a file may compute, whatever the file says.
const mostCPU = config.Duration(time.Minute)

// settingsOf returns the configuration for a recorded flow. What reaches anything but
// FreeSWITCH is not granted: the recording has the answers.
func settingsOf(recorded *conversation.Conversation) config.Config {
	cfg, s := config.Default(), recorded.Settings
	grants := grant.Grants{API: s.Grants.API, Apps: s.Grants.Apps, FireEvents: s.Grants.FireEvents}
	limits := s.Limits
	limits.Memory, limits.Stack = min(limits.Memory, 1<<30), min(limits.Stack, 1e6)
	limits.Burst, limits.CPU, limits.AfterHangup = min(limits.Burst, mostCPU), min(limits.CPU, mostCPU), min(limits.AfterHangup, mostCPU)
	cfg.Flows = map[string]config.Flow{recorded.Ladder.Flow: {Settings: s.Settings, Limits: &limits, Grants: &grants, Fallback: &s.Fallback}}
	cfg.Routes = []config.Route{{Flow: recorded.Ladder.Flow, Args: recorded.Args}} // for a call whose path names no flow
	cfg.Calls.Linger, cfg.Trace = s.Linger, s.Trace
	return cfg
}

func sourcesOf(recorded *conversation.Conversation) fs.FS {
	files := fstest.MapFS{}
	for name, text := range recorded.Sources {
		if fs.ValidPath(name) {
			files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
		}
	}
	return files
}

// print shows what came of the replay.
func (r replaying) print(recorded *conversation.Conversation, now played) error {
	real, out := recorded.Ladder, r.stdout
	file := scriptOf(real.Flow)
	r.printHead(real.Summary)
	same := now.Steps
	if now.inNow >= 0 {
		same = same[:now.inNow]
	}
	printLadder(out, same, now.Since, file)
	if zone, _ := r.clock.Now().Zone(); zone != recorded.Zone {
		printLine(os.Stderr, "The call was recorded in the time zone %s, and this is %s: os.date is another one.", recorded.Zone, zone)
	}
	switch {
	case now.parting != nil && now.parting.Cut:
		printLine(out, "%s", now.parting)
		return nil
	case now.parting == nil && now.inNow < 0:
		printLine(out, "The flow goes the same way as in the real call: %s.", count(len(now.Steps), "line"))
		return nil
	}
	if r.keys == "" && recorded.Settings.Trace.Digits.Masked() {
		printLine(out, "Keys are masked in this file; where the caller pressed some, 1 2 3 ... were pressed now. Name others with --keys.")
	}
	if now.inNow >= 0 {
		printLine(out, "The real call:")
		printRest(r, real, now.inReal, file)
		printLine(out, "The flow now:")
		printRest(r, now.Ladder, now.inNow, file)
	}
	if now.parting != nil {
		printLine(out, "Second %.3f: %s.", now.parting.At.Seconds(), now.parting)
	}
	return &reportedError{exitFailed}
}

// printRest prints the rungs from one on, which is marked.
func printRest(r replaying, l trace.Ladder, from int, file string) {
	if from >= len(l.Steps) {
		printLine(r.stdout, ">          no further line")
		return
	}
	printMarked(r.stdout, ">", l.Steps[from], l.Since, file)
	printLadder(r.stdout, l.Steps[from+1:], l.Since, file)
}
