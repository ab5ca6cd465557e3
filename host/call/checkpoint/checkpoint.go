package checkpoint

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A Call is the channel whose variable holds the checkpoint; *outbound.Call is one.
type Call interface {
	UUID() string
	Path() string
	Snapshot() esl.Event
	API(ctx context.Context, line string) (string, error)
	HungUp() (cause string, yes bool)
	Moved() bool
	Sleep(ctx context.Context, d time.Duration) error
	Displace()
}

// A Checkpoint reads what an interrupted run of a flow has saved and saves for the
// current run. The goroutine that owns the call uses it.
type Checkpoint struct {
	call      Call
	log       *slog.Logger
	current   record
	previous  record // of an interrupted run at the same place
	continues bool   // there is a previous run
	resumes   bool   // the dialplan has socket_resume: it comes back to us if a host dies
	written   bool   // by this run
}

// Open reads the checkpoint of a call and looks for an interrupted run at the same place.
func Open(call Call, run Stamp, log *slog.Logger) *Checkpoint {
	var v [3]string
	call.Snapshot().Pick([]string{"variable_socket_resume", "Caller-Profile-Index", "variable_" + Variable}, v[:])
	c := &Checkpoint{call: call, log: log, resumes: v[0] == "true"}
	c.current = record{
		place:      place{Profile: strings.Clone(v[1]), Path: call.Path(), Flow: run.Flow},
		generation: run.Generation, version: run.Version,
	}
	c.read(v[2])
	return c
}

// read sets the previous run from the variable's value.
func (c *Checkpoint) read(value string) {
	c.continues, c.previous, c.current.saved = false, record{}, ""
	if value == "" {
		return
	}
	r, err := parse(value)
	if err != nil {
		c.log.Warn("the channel's checkpoint cannot be used, so the flow starts from the beginning", "variable", Variable, "error", err)
		return
	}
	if c.continues = r.place == c.current.place; c.continues {
		c.previous, c.current.saved = r, r.saved
	}
}

// claimTime delays the start of a run that continues another one.
const claimTime = 100 * time.Millisecond

// claimVariable is the channel variable in which each run that continues another
// one writes its own token. The run that wrote the last token continues.
const claimVariable = "eslua_claim"

var (
	errClaimed = errors.New("a later run of the flow has claimed the call")
	errMoved   = errors.New("the call was moved")
)

// ClaimRun decides which run continues an interrupted one; without an interrupted
// run it does nothing. It waits for the previous connection to close, which may
// displace us (see outbound.ErrDisplaced): better now than in the middle of the
// script. A displaced run may save until it learns of it, so the checkpoint is read
// again afterwards. A run that was displaced before it said `connect` never
// learns of it, so the last run to write the claim variable wins.
func (c *Checkpoint) ClaimRun(ctx context.Context) error {
	if !c.continues {
		return nil
	}
	token := rand.Text()
	if _, err := c.call.API(ctx, syntax.ForChannel("uuid_setvar", c.call.UUID(), claimVariable+" "+token)); err != nil {
		return err
	}
	if err := c.call.Sleep(ctx, claimTime); err != nil {
		return err
	}
	if c.call.Moved() {
		return errMoved
	}
	last, err := c.variable(ctx, claimVariable)
	if err != nil {
		return err
	}
	if last != token && last != "" {
		c.call.Displace()
		return errClaimed
	}
	value, err := c.variable(ctx, Variable)
	if err != nil {
		return err
	}
	c.read(value)
	return nil
}

// variable returns a variable of the channel, or "" if it is not set.
func (c *Checkpoint) variable(ctx context.Context, name string) (string, error) {
	reply, err := c.call.API(ctx, syntax.ForChannel("uuid_getvar", c.call.UUID(), name))
	if reply = strings.TrimSpace(reply); reply == "_undef_" || strings.HasPrefix(reply, "-") {
		reply = ""
	}
	return reply, err
}

// Ended reports whether the flow has already ended by itself at this place. The
// dialplan has then come to a socket that is there in case the first one's host
// dies.
func (c *Checkpoint) Ended() bool { return c.continues && c.previous.ended }

// Begin deletes the tasks that the previous run scheduled and did not live to save,
// because this run schedules them again. If the dialplan comes back after the end
// of a host, the first run at its place writes the variable, so that the next one
// can claim the run.
func (c *Checkpoint) Begin(ctx context.Context) {
	if c.resumes && !c.continues {
		_ = c.set(ctx, c.current.text()) // without it the next run just starts at once
	}
	for _, id := range c.previous.tasks {
		if _, err := c.call.API(ctx, "sched_del "+strconv.Itoa(id)); err != nil && ctx.Err() == nil {
			c.log.Warn("a hangup that the previous run of this flow scheduled could not be deleted", "task", id, "error", err)
		}
	}
}

// Previous returns what the interrupted run has saved last and the script of that
// run. saved is "" if it saved nothing or no run was interrupted.
func (c *Checkpoint) Previous() (saved string, script Stamp) {
	p := c.previous
	return p.saved, Stamp{Flow: p.Flow, Generation: p.generation, Version: p.version}
}

// Save replaces the saved text; "" deletes it. When Save returns nil, FreeSWITCH
// has the text. Tasks scheduled before belong to it and are not deleted any more.
func (c *Checkpoint) Save(ctx context.Context, text string) error {
	next := c.current
	next.saved, next.tasks = text, nil
	value := next.text()
	if len(value) > MaxBytes {
		return fmt.Errorf("checkpoint: this needs %d bytes and at most %d can be saved: save less, such as an id instead of the data", len(value), MaxBytes)
	}
	if err := c.set(ctx, value); err != nil {
		return err
	}
	c.current = next
	return nil
}

// set uses the API and does not execute the application set, which would wait for
// the channel's next frame and cause two events with all variables.
func (c *Checkpoint) set(ctx context.Context, value string) error {
	reply, err := c.call.API(ctx, syntax.ForChannel("uuid_setvar", c.call.UUID(), strings.TrimSpace(Variable+" "+value)))
	if err != nil {
		return err
	}
	c.written = true
	if _, hungUp := c.call.HungUp(); strings.HasPrefix(reply, "-") && !hungUp && !strings.HasPrefix(reply, "-ERR No such channel!") {
		return fmt.Errorf("checkpoint: FreeSWITCH did not save it and answered %q", strings.TrimSpace(reply))
	}
	return nil
}

// maxTasks bounds the tasks that are noted. A script that schedules more without
// saving is not meant to be continued.
const maxTasks = 64

// Schedule makes FreeSWITCH run an API command later and returns the answer of
// sched_api. With the same command FreeSWITCH notes the task on the channel: if
// this host dies before the script has saved, the next run deletes the task. arguments
// must not contain anything that FreeSWITCH expands, unless a Call-ID does that the
// channel has for its uuid; then nothing is noted.
func (c *Checkpoint) Schedule(ctx context.Context, arguments string) (answer string, err error) {
	uuid := c.call.UUID()
	if len(c.current.tasks) >= maxTasks || !syntax.IsPlainUUID(uuid) {
		return c.call.API(ctx, "sched_api "+arguments)
	}
	reply, err := c.call.API(ctx, fmt.Sprintf("eval ${uuid_setvar(%s %s %s.${sched_api(%s)})}${uuid_getvar(%[1]s %[2]s)}",
		uuid, Variable, c.current.text(), arguments))
	if err != nil {
		return "", err
	}
	c.written = true
	at := strings.LastIndex(reply, taskAdded)
	if at < 0 {
		return reply, nil
	}
	if id, err := strconv.Atoi(strings.TrimSpace(reply[at+len(taskAdded):])); err == nil {
		c.current.tasks = append(c.current.tasks, id)
	}
	return reply[at:], nil
}

// End notes that the flow has ended by itself, if its call is still where it ran:
// the flow must not be continued, and in a dialplan that comes back to us the next
// socket with the same path lets the call pass.
func (c *Checkpoint) End(ctx context.Context) {
	if _, hungUp := c.call.HungUp(); hungUp || c.call.Moved() || !c.written && !c.continues && !c.resumes {
		return
	}
	value := ""
	if c.resumes {
		value = record{place: c.current.place, generation: c.current.generation, version: c.current.version, ended: true}.text()
	}
	if err := c.set(ctx, value); err != nil {
		c.log.Warn("the end of the flow could not be noted on the channel; another host may run the flow again", "error", err)
	}
}
