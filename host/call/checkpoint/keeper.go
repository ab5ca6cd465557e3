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
)

// Call is the channel; *outbound.Call is one.
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

// Keeper keeps the checkpoint of one run of a flow. It is used by the
// goroutine that owns the call.
type Keeper struct {
	call    Call
	log     *slog.Logger
	now     record
	earlier record // of the same place, left behind by an earlier run; zero if there is none
	found   bool   // there is an earlier one
	again   bool   // the dialplan has socket_resume: it means to come back to us when a host dies
	written bool   // by this run
}

// Open looks whether an earlier run of the flow was interrupted at this place.
func Open(call Call, run Stamp, log *slog.Logger) *Keeper {
	var v [3]string
	call.Snapshot().Pick([]string{"variable_socket_resume", "Caller-Profile-Index", "variable_" + Variable}, v[:])
	k := &Keeper{call: call, log: log, again: v[0] == "true"}
	k.now = record{
		Place:      Place{Profile: strings.Clone(v[1]), Path: call.Path(), Flow: run.Flow},
		generation: run.Generation, version: run.Version,
	}
	k.read(v[2])
	return k
}

// read takes the variable's value for what an earlier run has left behind.
func (k *Keeper) read(value string) {
	k.found, k.earlier, k.now.kept = false, record{}, ""
	if value == "" {
		return
	}
	left, err := parse(value)
	if err != nil {
		k.log.Warn("the checkpoint that this channel has cannot be used, the flow begins anew: "+err.Error(), "variable", Variable)
		return
	}
	if k.found = left.Place == k.now.Place; k.found {
		k.earlier = left
		k.now.kept = left.kept
	}
}

// settleTime is how long a run that continues another waits before it begins.
const settleTime = 100 * time.Millisecond

// claim is the channel variable in which the runs that come after another one
// write who they are: the last of them goes on.
const claim = "eslua_claim"

var (
	errClaimed = errors.New("another run of the flow has come later, and goes on")
	errMoved   = errors.New("the call was moved")
)

// Settle lets the end of an earlier run's connection pass, if there was one. It
// may still displace us (see outbound.ErrDisplaced), and better before anything
// is done than in the middle. And where another run has been displaced by it,
// that one may not know yet: what it keeps meanwhile is read then. It may never
// know if it was displaced before it said connect, so that we are two.
func (k *Keeper) Settle(ctx context.Context) error {
	if !k.found {
		return nil
	}
	uuid, us := k.call.UUID(), rand.Text()
	if _, err := k.call.API(ctx, "uuid_setvar "+uuid+" "+claim+" "+us); err != nil {
		return err
	}
	if err := k.call.Sleep(ctx, settleTime); err != nil {
		return err
	}
	if k.call.Moved() {
		return errMoved
	}
	last, err := k.get(ctx, claim)
	if err != nil {
		return err
	}
	if last != us && last != "" {
		k.call.Displace()
		return errClaimed
	}
	value, err := k.get(ctx, Variable)
	if err != nil {
		return err
	}
	k.read(value)
	return nil
}

func (k *Keeper) get(ctx context.Context, variable string) (string, error) {
	reply, err := k.call.API(ctx, "uuid_getvar "+k.call.UUID()+" "+variable)
	if reply = strings.TrimSpace(reply); reply == "_undef_" || strings.HasPrefix(reply, "-") {
		reply = ""
	}
	return reply, err
}

// Ended tells whether the flow has ended by itself at this place already: the
// dialplan has come to a socket that is there in case the first one's host dies.
func (k *Keeper) Ended() bool { return k.found && k.earlier.ended }

// Begin takes back what the earlier run scheduled and did not live to keep:
// this run will do it again. The first run at its place leaves a mark there, for
// the next one to Settle, if the dialplan means to come back.
func (k *Keeper) Begin(ctx context.Context) {
	if k.again && !k.found {
		_ = k.set(ctx, k.now.text()) // without it the next one just begins at once
	}
	for _, id := range k.earlier.tasks {
		if _, err := k.call.API(ctx, "sched_del "+strconv.Itoa(id)); err != nil && ctx.Err() == nil {
			k.log.Warn("a hangup that the earlier run of this flow scheduled could not be taken back", "task", id, "error", err)
		}
	}
}

// Earlier is what the interrupted run kept last, and which script that was;
// "" if it kept nothing or there was none.
func (k *Keeper) Earlier() (kept string, by Stamp) {
	return k.earlier.kept, Stamp{Flow: k.earlier.Flow, Generation: k.earlier.generation, Version: k.earlier.version}
}

// Keep sets what is kept; "" is nothing. It has arrived when Keep returns.
// What was scheduled before belongs to it.
func (k *Keeper) Keep(ctx context.Context, kept string) error {
	next := k.now
	next.kept, next.tasks = kept, nil
	text := next.text()
	if len(text) > MostBytes {
		return fmt.Errorf("checkpoint: this takes %d bytes, at most %d can be kept: keep less, an id instead of the data", len(text), MostBytes)
	}
	if err := k.set(ctx, text); err != nil {
		return err
	}
	k.now = next
	return nil
}

// set asks by API and does not execute set: that would wait for the channel's
// next frame and bring two events with all variables.
func (k *Keeper) set(ctx context.Context, text string) error {
	reply, err := k.call.API(ctx, strings.TrimSpace("uuid_setvar "+k.call.UUID()+" "+Variable+" "+text))
	if err != nil {
		return err
	}
	k.written = true
	if _, over := k.call.HungUp(); strings.HasPrefix(reply, "-") && !over && !strings.HasPrefix(reply, "-ERR No such channel!") {
		return fmt.Errorf("checkpoint: FreeSWITCH did not keep it and answered %q", strings.TrimSpace(reply))
	}
	return nil
}

// Schedule has FreeSWITCH run an API command later, and returns its answer to
// sched_api. In the same command FreeSWITCH notes the task on the channel: if
// this host dies before the script has kept the task, the next run takes it
// back. when and command must be free of what FreeSWITCH expands.
func (k *Keeper) Schedule(ctx context.Context, when, command string) (answer string, err error) {
	uuid := k.call.UUID()
	api := "sched_api " + when + " " + uuid + " " + command
	if len(k.now.tasks) >= mostTasks {
		return k.call.API(ctx, api)
	}
	api = strings.Replace(api, " ", "(", 1) + ")"
	reply, err := k.call.API(ctx, fmt.Sprintf("eval ${uuid_setvar(%s %s %s.${%s})}${uuid_getvar(%[1]s %[2]s)}", uuid, Variable, k.now.text(), api))
	if err != nil {
		return "", err
	}
	k.written = true
	at := strings.LastIndex(reply, scheduled)
	if at < 0 {
		return reply, nil
	}
	if id, err := strconv.Atoi(strings.TrimSpace(reply[at+len(scheduled):])); err == nil {
		k.now.tasks = append(k.now.tasks, id)
	}
	return reply[at:], nil
}

// mostTasks bounds what is noted: a script that schedules more without a
// checkpoint does not mean to be continued.
const mostTasks = 64

// End notes that the flow has ended by itself, if its call is still where it
// ran: it is not to be continued, and in a dialplan that comes back to us the
// next socket with the same path lets the call pass.
func (k *Keeper) End(ctx context.Context) {
	if _, over := k.call.HungUp(); over || k.call.Moved() || !k.written && !k.found && !k.again {
		return
	}
	text := ""
	if k.again {
		text = record{Place: k.now.Place, generation: k.now.generation, version: k.now.version, ended: true}.text()
	}
	if err := k.set(ctx, text); err != nil {
		k.log.Warn("it could not be noted that the flow has ended; another host may run it again", "error", err)
	}
}
