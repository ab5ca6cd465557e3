package node

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// subscribed holds the events that one connection has asked FreeSWITCH for.
//
// What nobody wants any more is taken back when it arrives, and not before: calls that
// subscribe one after the other cost FreeSWITCH nothing, and what one ALL has turned on
// goes off again kind by kind, without a moment in which an event that others want
// could be lost.
type subscribed struct {
	made, takenBack map[string]bool
}

func newSubscribed() subscribed { return subscribed{map[string]bool{}, map[string]bool{}} }

// own are the events that the Link itself needs.
var own = map[string]bool{"HEARTBEAT": true, "BACKGROUND_JOB": true}

// request asks for what is wanted and was not asked for, each by a command of its own:
// because the first that FreeSWITCH refuses ends a command (mod_event_socket.c:parse_command).
func (c *connection) request() error {
	for name := range c.link.board.requests() {
		if c.subscribed.made[name] {
			continue
		}
		c.subscribed.made[name] = true
		delete(c.subscribed.takenBack, name)
		if err := c.subscribe(name, func(err error) { c.link.board.answered(name, err) }); err != nil {
			return err
		}
	}
	return c.sweep()
}

// mostUnwanted bounds the subclasses that nobody wants any more and that were not taken
// back yet: scripts can make up any number that never arrives.
const mostUnwanted = 200

// sweep takes subclasses back that have not arrived since nobody wants them.
func (c *connection) sweep() error {
	unwanted := c.link.board.unwanted(c.subscribed.made)
	if len(unwanted) <= mostUnwanted {
		return nil
	}
	for names := range slices.Chunk(unwanted, 20) {
		words := []string{custom}
		for _, name := range names {
			delete(c.subscribed.made, name)
			c.link.board.forget(name)
			words = append(words, strings.TrimPrefix(name, custom+" "))
		}
		cmd, err := esl.Unsubscribe(words...)
		if err != nil {
			return err
		}
		if err := c.send(cmd, func(esl.Reply) {}); err != nil {
			return err
		}
	}
	return nil
}

// takeBack has FreeSWITCH send no more events of the kind of e, which nobody wants.
func (c *connection) takeBack(e esl.Event) error {
	name := Interest{e.Name(), e.Get("Event-Subclass")}.request()
	if name == "" || name == allEvents || own[name] || c.subscribed.takenBack[name] || c.link.board.requests()[allEvents] {
		return nil
	}
	names := strings.Fields(name)
	taken := []string{name}
	if c.subscribed.made[allEvents] {
		// A word before CUSTOM turns ALL into all the others; CLONE is never fired.
		names = append([]string{"CLONE"}, names...)
		taken = append(taken, allEvents, "CLONE")
	}
	for _, name := range taken {
		delete(c.subscribed.made, name)
		c.link.board.forget(name)
	}
	c.subscribed.takenBack[name] = true
	cmd, err := esl.Unsubscribe(names...)
	if err != nil {
		return nil //nolint:nilerr // a subclass that no command can name
	}
	if err := c.send(cmd, func(esl.Reply) {}); err != nil {
		return err
	}
	return c.request()
}
