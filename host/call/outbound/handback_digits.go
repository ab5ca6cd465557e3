package outbound

import (
	"context"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A call that is handed back may be pressing digits. What park has taken off the channel,
// the dialplan shall get first, then what is pressed meanwhile. But park takes one more
// digit when it ends, and loses it (switch_ivr.c:switch_ivr_park), and digits can be queued
// only behind others. So FreeSWITCH does this:
//   - An application reads digits. When it has begun, those that park took are known.
//   - A mark ends it. What came behind that mark, a second one reads up to a mark of its own,
//     which the channel's thread has queued right before it: nothing is left in the queue but
//     one mark more.
//   - All digits are queued behind that, and the channel sleeps. Meanwhile our connection
//     ends, and with it park, which takes the last mark.

// mark is a digit that no telephone sends (switch_utils.h:is_dtmf). Nobody sees its events,
// because it is queued while sensitive_dtmf is true.
const mark = "W"

// FreeSWITCH keeps the digits in these channel variables.
const (
	heldDigits  = "eslua_held"
	heldDigits2 = "eslua_held_2"
)

// holdTime limits how long a call that is handed back waits for its park to take a command,
// which happens once in each frame of media.
const holdTime = 5 * time.Second

// holdDigits has an application read the digits from now on. It reports whether it has begun;
// the digits that the script has not asked for are complete then.
func (c *Call) holdDigits() bool {
	if !c.canHoldDigits() {
		return false
	}
	x := &execution{app: "read", id: c.nextID() + atOnce}
	cmd, err := esl.Execute(esl.ExecuteOptions{App: x.app, Arg: "1 127 silence " + heldDigits + " 10000 " + mark, EventUUID: x.id, Lock: true})
	if err == nil {
		_, err = c.post(cmd)
	}
	if err != nil {
		return false
	}
	c.running = append(c.running, x) // the digits that it reads are not typed ahead
	w := &wait{onEvent: x.onEvent, afterScript: true}
	w.done = func() bool { return x.started || c.hungUp || c.appsOver }
	_ = c.wait(context.Background(), holdTime, w) // the call's state tells why it ended
	return x.started && !x.complete && c.resumes()
}

// canHoldDigits reports whether the channel has audio, so that digits can come and the
// application changes nothing else, and whether FreeSWITCH would understand what follows.
// Digits of a call with sensitive_dtmf are not written into a variable.
func (c *Call) canHoldDigits() bool {
	state := c.snapshot.Get("Answer-State")
	return len(c.running) == 0 && !c.abandoned && (state == "answered" || state == "early") &&
		c.snapshot.Get("Channel-Read-Codec-Name") != "" &&
		c.snapshot.Get("variable_bypass_media") == "" &&
		c.snapshot.Get("variable_sensitive_dtmf") == "" &&
		c.snapshot.Get("variable_app_disable_expand_variables") == "" &&
		syntax.IsPlainUUID(c.uuid)
}

// requeueHeld returns the commands that give the dialplan the digits that the script has not
// asked for, and after them those that are held.
func (c *Call) requeueHeld() []esl.Command {
	tidy := "^^|" + heldDigits + "=${msleep(60)}|" + heldDigits + "=|" + heldDigits2 + "="
	for _, name := range []string{"read_result", "read_terminator_used"} { // as the script has left them
		tidy += "|" + name + "=" + strings.NewReplacer("|", "", "$", "", "\\", "").Replace(c.snapshot.Get("variable_"+name))
	}
	var cmds []esl.Command
	for _, app := range [][2]string{
		{"queue_dtmf", "%[sensitive_dtmf=true]" + mark + mark},
		{"read", "1 127 silence " + heldDigits2 + " 1000 " + mark},
		{"queue_dtmf", c.typeahead.keys() + "${" + heldDigits + "}${" + heldDigits2 + "}"},
		{"multiset", tidy},
	} {
		cmd, err := esl.Execute(esl.ExecuteOptions{App: app[0], Arg: app[1], EventUUID: c.nextID() + atOnce, Lock: true})
		if err != nil {
			return nil
		}
		cmds = append(cmds, cmd)
	}
	// The application sees the mark with the next frame, 20 ms later at most.
	sensitive := "${uuid_setvar(" + c.uuid + " sensitive_dtmf"
	begin, err := esl.API("eval " + sensitive + " true)}${uuid_recv_dtmf(" + c.uuid + " " + mark + ")}" + sensitive + ")}${msleep(40)}")
	if err != nil {
		return nil
	}
	return append(cmds, begin)
}

// PressedSince reports whether a digit has come since then.
func (c *Call) PressedSince(then time.Time) bool {
	c.catchUp()
	return c.pressed.After(then)
}

// requeueLater returns the command that puts digits back a moment after our connection has
// ended: our park has taken them off the channel and would do so again (bgapi of
// mod_commands runs in its own thread).
func (c *Call) requeueLater(digits string) []esl.Command {
	if digits == "" {
		return nil
	}
	later := "bgapi eval ${msleep(50)}${uuid_recv_dtmf(" + c.uuid + " " + digits + ")}"
	if !syntax.IsPlainUUID(c.uuid) {
		later = "sched_api +1 none " + syntax.ForChannel("uuid_recv_dtmf", c.uuid, digits)
	}
	cmd, err := esl.API(later)
	if err != nil {
		return nil
	}
	return []esl.Command{cmd}
}
