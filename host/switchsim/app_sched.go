package switchsim

import (
	"strconv"
	"strings"
)

// scheduleHangup hangs up later; a time whose number after the first
// character is 0 hangs up at once, as "+0" and, a trap, "5" do.
func (s *Switch) scheduleHangup(when string, c *channel, cause string, bleg bool) {
	if cause == "" {
		cause = "ALLOTTED_TIMEOUT"
	}
	hang := func() {
		target := c
		if bleg {
			c.mu.Lock()
			target = c.bridgedTo
			c.mu.Unlock()
		}
		if target != nil {
			target.hangup(cause)
		}
	}
	if len(when) > 0 && number(when[1:]) == 0 {
		hang()
		return
	}
	runtime, repeat := s.sched.at(when)
	s.sched.add(&task{desc: "switch_ivr_schedule_hangup", group: c.uuid, runtime: runtime, repeat: repeat, fn: hang})
}

func schedHangupApp(c *channel, arg string) {
	argv := separate(arg, ' ', 3)
	if len(argv) == 0 {
		return
	}
	c.sw.scheduleHangup(argv[0], c, arrayAt(argv, 1), strings.EqualFold(arrayAt(argv, 2), "bleg"))
}

func (s *Switch) scheduleTransfer(when string, c *channel, exten, dialplan, context string) int {
	runtime, repeat := s.sched.at(when)
	return s.sched.add(&task{desc: "switch_ivr_schedule_transfer", group: c.uuid, runtime: runtime, repeat: repeat,
		fn: func() { c.transferTo(exten, dialplan, context) }})
}

func schedTransferApp(c *channel, arg string) {
	argv := separate(arg, ' ', 4)
	if len(argv) < 2 {
		return
	}
	id := c.sw.scheduleTransfer(argv[0], c, argv[1], arrayAt(argv, 2), arrayAt(argv, 3))
	c.set("last_sched_id", strconv.Itoa(id))
}

// schedCancelApp cancels a group or an id; without an argument all of the
// channel's own.
func schedCancelApp(c *channel, arg string) {
	if arg == "" {
		arg = c.uuid
	}
	c.sw.schedDelete(arg)
}

// schedDelete takes an id when it is all digits, else a group, exactly.
func (s *Switch) schedDelete(what string) int {
	if id, err := strconv.Atoi(what); err == nil && id >= 0 {
		return s.sched.deleteID(id)
	}
	return s.sched.deleteGroup(what)
}
