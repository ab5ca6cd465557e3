package node

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// wanted returns the events that the node's settings and the subscriptions name.
func (l *Link) wanted() []string {
	names := append([]string{}, l.node.Subscribe...)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, sub := range l.subscriptions {
		names = append(names, sub.names...)
	}
	return names
}

// checkName checks an event name: a second word would be another event, and
// CUSTOM as one would turn all that follow into subclasses.
func checkName(name string) error {
	_, isCustom := custom(name)
	if words := strings.Fields(name); len(words) != 1 && !isCustom {
		return fmt.Errorf("event %q must be one name, or CUSTOM and a subclass", name)
	}
	_, err := esl.Subscribe("plain", name)
	return err
}

// subscribe requests the events that this connection has not requested yet. The
// two that the Link itself needs go first and alone, so that a refusal of others
// does not affect them; subclasses go last, because every word after CUSTOM is
// one.
func (c *connection) subscribe() error {
	noHeartbeat := func() { c.interval = 0 }
	if err := c.request(c.unrequested("HEARTBEAT"), noHeartbeat); err != nil {
		return err
	}
	if err := c.request(c.unrequested("BACKGROUND_JOB"), nil); err != nil {
		return err
	}
	var events, subclasses []string
	for _, name := range c.unrequested(c.link.wanted()...) {
		if err := checkName(name); err != nil {
			c.link.log.Error("cannot subscribe", "error", err)
		} else if list, ok := custom(name); ok {
			subclasses = append(subclasses, list...)
		} else {
			events = append(events, name)
		}
	}
	if err := c.request(events, nil); err != nil || len(subclasses) == 0 {
		return err
	}
	return c.request(append([]string{"CUSTOM"}, subclasses...), nil)
}

// unrequested returns the names that were not requested on this connection yet,
// and marks them as requested.
func (c *connection) unrequested(names ...string) []string {
	var unrequested []string
	for _, name := range names {
		if !c.requested[name] {
			c.requested[name] = true
			unrequested = append(unrequested, name)
		}
	}
	return unrequested
}

// request subscribes to names. It calls refused, which may be nil, if FreeSWITCH
// refuses.
func (c *connection) request(names []string, refused func()) error {
	if len(names) == 0 {
		return nil
	}
	cmd, err := esl.Subscribe("plain", names...)
	if err != nil {
		return err
	}
	return c.send(cmd, func(r esl.Reply) {
		if r.Err() == nil {
			return
		}
		c.link.log.Warn("FreeSWITCH refuses events: check their names, and esl-allowed-events of the user", "events", names, "answer", r.Text())
		if refused != nil {
			refused()
		}
	})
}

// custom splits "CUSTOM a::b c::d" into its subclasses.
func custom(name string) (subclasses []string, ok bool) {
	words := strings.Fields(name)
	if len(words) == 0 || !strings.EqualFold(words[0], "CUSTOM") {
		return nil, false
	}
	return words[1:], true
}
