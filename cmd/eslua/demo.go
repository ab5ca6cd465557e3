package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/trace"
	"github.com/eslua/eslua/scripts"
	"github.com/spf13/cobra"
)

// demoSeconds limits the time in which an invited person presses a digit.
const demoSeconds = 4

func demoCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "run two simulated calls, then an edit while eslua runs",
		Long: `Run eslua and a simulated FreeSWITCH, and print what both do: one invited person presses 1,
one stays silent, and after an edit the next call runs the edited script.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.demo(c.Context()) },
	}
}

func (p *program) demo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "eslua-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, scripts.Files); err != nil {
		return err
	}
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	d := &demonstration{out: p.stdout, ladder: newLadder(), dir: dir, ended: make(chan struct{}, 16)}
	if err := d.start(ctx, p); err != nil {
		return err
	}
	err = d.run(ctx)
	return errors.Join(err, d.end(stop))
}

type demonstration struct {
	out    io.Writer
	ladder *ladder
	dir    string
	sim    *switchsim.Switch
	host   *app
	log    *logbound.Handler
	addr   string
	ended  chan struct{} // one for each script that has ended
	done   chan error
}

// start starts the switch and eslua, each on a free loopback port.
func (d *demonstration) start(ctx context.Context, p *program) error {
	d.sim = switchsim.New(switchsim.Config{
		Clock: p.clock, Listen: "-", Dial: p.seams.dial,
		Dialplan: switchsim.Dialplan{"default": {
			{Match: "7001", Actions: []switchsim.Action{{App: "conference", Data: "7001"}}},
		}},
		Endpoints: []switchsim.Endpoint{
			{Dial: "user/1000", Ring: 300 * time.Millisecond, Script: []switchsim.Step{
				switchsim.OnPlayback("to_accept").After(900 * time.Millisecond).Press("1"),
				switchsim.OnApp("conference").After(time.Second).Hangup(),
			}},
			{Dial: "user/1001", Ring: 300 * time.Millisecond},
		},
		Media: map[string]time.Duration{"ivr/ivr-to_accept_press_one.wav": 1500 * time.Millisecond},
		Trace: d.ladder.onSwitch,
	})
	if err := d.sim.Start(); err != nil {
		return err
	}
	cfg := config.Default()
	cfg.Scripts, cfg.Trace.Digits = d.dir, "shown"
	d.log = p.logHandler(slog.LevelWarn, cfg.Log)
	seams := p.seams
	seams.ended = func(*outbound.Call) { d.ended <- struct{}{} }
	a, err := build(ctx, cfg, slog.New(d.log), p.clock, seams)
	if err != nil {
		return err
	}
	l, err := seams.open("127.0.0.1:0")
	if err != nil {
		return err
	}
	d.host, d.addr, d.done = a, l.Addr().String(), make(chan error, 1)
	go func() { d.done <- a.run(ctx, l, nil) }()
	fmt.Fprintf(d.out, "A simulated FreeSWITCH hands calls to eslua on %s; scripts in %s\n", d.addr, d.dir)
	return nil
}

func (d *demonstration) end(stop context.CancelFunc) error {
	stop()
	defer d.log.Close()
	return errors.Join(<-d.done, d.sim.Close())
}

func (d *demonstration) run(ctx context.Context) error {
	if err := d.invite(ctx, "1000", "1000 is invited to conference 7001 and presses 1"); err != nil {
		return err
	}
	if err := d.invite(ctx, "1001", "1001 is invited and stays silent"); err != nil {
		return err
	}
	if err := d.edit(ctx); err != nil {
		return err
	}
	return d.invite(ctx, "1000", "1000 is invited again; the edited script takes 2 for yes")
}

// invite runs one call to its end and prints it.
func (d *demonstration) invite(ctx context.Context, who, title string) error {
	fmt.Fprintf(d.out, "\n%s (generation %s)\n", title, d.host.scripts.Current().Name())
	uuid, err := d.sim.Originate(fmt.Sprintf("user/%s '&socket(%s/inviteToConf/7001/%d async full)'", who, d.addr, demoSeconds))
	if err != nil {
		return err
	}
	leg, ok := d.sim.Leg(uuid)
	if !ok {
		return fmt.Errorf("the simulated switch lost call %s", uuid)
	}
	for _, over := range []<-chan struct{}{leg.Done(), d.ended} {
		select {
		case <-over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	script, err := d.host.traces.Ladder(trace.Query{UUID: uuid})
	if err != nil {
		return err
	}
	d.ladder.print(d.out, uuid, script)
	fmt.Fprintf(d.out, "  ended: %s, %s\n", d.outcome(uuid), leg.Cause())
	return nil
}

func (d *demonstration) outcome(uuid string) string {
	if d.ladder.has(uuid, "conference") {
		return "was in the conference"
	}
	return "never joined; FreeSWITCH's scheduled hangup ended the call"
}

// edit changes the script as an editor would and waits until calls get it.
func (d *demonstration) edit(ctx context.Context) error {
	file := filepath.Join(d.dir, "inviteToConf.lua")
	source, err := fs.ReadFile(scripts.Files, "inviteToConf.lua")
	if err != nil {
		return err
	}
	was := d.host.scripts.Current().Name()
	source = bytes.Replace(source, []byte(`or "1"`), []byte(`or "2"`), 1)
	d.sim.SetEndpoint(switchsim.Endpoint{Dial: "user/1000", Ring: 300 * time.Millisecond, Script: []switchsim.Step{
		switchsim.OnPlayback("to_accept").After(600 * time.Millisecond).Press("1"),
		switchsim.After(600 * time.Millisecond).Press("2"),
		switchsim.OnApp("conference").After(time.Second).Hangup(),
	}})
	changed := d.host.scripts.Changed()
	if err := os.WriteFile(file, source, 0o644); err != nil {
		return err
	}
	for d.host.scripts.Current().Name() == was {
		select {
		case <-changed:
			changed = d.host.scripts.Changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	fmt.Fprintf(d.out, "\ninviteToConf.lua is edited: digit 2 instead of 1. Generation %s becomes %s.\n", was, d.host.scripts.Current().Name())
	return nil
}
