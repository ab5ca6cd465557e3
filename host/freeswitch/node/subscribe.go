package node

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// wanted are the names that the node, its settings and the listeners ask for.
func (l *Link) wanted() []string {
	names := append([]string{}, l.node.Subscribe...)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, sub := range l.listeners {
		names = append(names, sub.names...)
	}
	return names
}

// checkName refuses what is no event name: a second word would be another event,
// and CUSTOM as one would turn all that follow into subclasses.
func checkName(name string) error {
	_, isCustom := custom(name)
	if words := strings.Fields(name); len(words) != 1 && !isCustom {
		return fmt.Errorf("event %q must be one name, or CUSTOM and a subclass", name)
	}
	_, err := esl.Subscribe("plain", name)
	return err
}

// subscribe asks for what this connection has not asked for yet. What the Link
// lives on goes first and alone, so that a refusal of the rest does not touch it;
// subclasses go last, because every word after CUSTOM is one.
func (s *session) subscribe() error {
	noHeartbeat := func() { s.interval = 0 }
	if err := s.request(s.fresh("HEARTBEAT"), noHeartbeat); err != nil {
		return err
	}
	if err := s.request(s.fresh("BACKGROUND_JOB"), nil); err != nil {
		return err
	}
	var events, subclasses []string
	for _, name := range s.fresh(s.link.wanted()...) {
		if err := checkName(name); err != nil {
			s.link.log.Error("cannot subscribe", "error", err)
		} else if list, ok := custom(name); ok {
			subclasses = append(subclasses, list...)
		} else {
			events = append(events, name)
		}
	}
	if err := s.request(events, nil); err != nil || len(subclasses) == 0 {
		return err
	}
	return s.request(append([]string{"CUSTOM"}, subclasses...), nil)
}

// fresh are the names that were not asked for on this connection; they count as
// asked for from now on.
func (s *session) fresh(names ...string) []string {
	var fresh []string
	for _, name := range names {
		if !s.asked[name] {
			s.asked[name] = true
			fresh = append(fresh, name)
		}
	}
	return fresh
}

// request subscribes to names; refused, which may be nil, is called if
// FreeSWITCH does not want to.
func (s *session) request(names []string, refused func()) error {
	if len(names) == 0 {
		return nil
	}
	cmd, err := esl.Subscribe("plain", names...)
	if err != nil {
		return err
	}
	return s.ask(cmd, func(r esl.Reply) {
		if r.Err() == nil {
			return
		}
		s.link.log.Warn("FreeSWITCH refuses events: check their names, and esl-allowed-events of the user", "events", names, "answer", r.Text())
		if refused != nil {
			refused()
		}
	})
}

// custom takes "CUSTOM a::b c::d" apart.
func custom(name string) (subclasses []string, ok bool) {
	words := strings.Fields(name)
	if len(words) == 0 || !strings.EqualFold(words[0], "CUSTOM") {
		return nil, false
	}
	return words[1:], true
}
