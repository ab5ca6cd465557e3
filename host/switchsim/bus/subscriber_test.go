package bus

import (
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

func event(name string) *wire.Event {
	return &wire.Event{Headers: []wire.Header{{Name: "Event-Name", Value: name}, {Name: SequenceHeader}}}
}

func everyName(string) bool { return true }

// More than 500 losses in a row end the connection; fewer do not.
func TestOverrun(t *testing.T) {
	s := NewSubscriber(func() {})
	e := event("HEARTBEAT")
	for range maxEvents + maxMissed {
		s.Push(e)
	}
	if _, overrun := s.Take(); overrun {
		t.Fatal("500 losses do not end the connection")
	}
	for range maxEvents + maxMissed + 1 {
		s.Push(e)
	}
	if _, overrun := s.Take(); !overrun {
		t.Fatal("the 501st loss does")
	}
}

// A negative filter drops what a positive one lets pass, and alone lets nothing pass.
func TestFilters(t *testing.T) {
	for name, c := range map[string]struct {
		filters []Filter
		pass    bool
	}{
		"none":                   {nil, true},
		"without case":           {[]Filter{{"event-name", "heartbeat"}}, true},
		"explicitly positive":    {[]Filter{{"Event-Name", "+HEARTBEAT"}}, true},
		"another value":          {[]Filter{{"Event-Name", "API"}}, false},
		"regular expression":     {[]Filter{{"Event-Name", "/^HEART/"}}, true},
		"wrong expression":       {[]Filter{{"Event-Name", "/("}}, false},
		"absent header":          {[]Filter{{"Nothing", "x"}}, false},
		"negative alone":         {[]Filter{{"Event-Name", "-API"}}, false},
		"positive, negative":     {[]Filter{{"Event-Name", "HEARTBEAT"}, {"Event-Name", "-HEARTBEAT"}}, false},
		"positive, not negative": {[]Filter{{"Event-Name", "HEARTBEAT"}, {"Event-Name", "-API"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSubscriber(func() {})
			s.Enable([]string{"ALL"}, everyName)
			for _, f := range c.filters {
				s.AddFilter(f)
			}
			s.offer(event("HEARTBEAT"), "HEARTBEAT", "")
			if events, _ := s.Take(); (len(events) == 1) != c.pass {
				t.Errorf("%d events pass", len(events))
			}
		})
	}
}

func TestDisableOneOfAll(t *testing.T) {
	s := NewSubscriber(func() {})
	s.Enable([]string{"ALL"}, everyName)
	if !s.Disable([]string{"SWITCH_EVENT_HEARTBEAT"}) {
		t.Fatal("the name with its prefix is an event")
	}
	if s.subscribed("HEARTBEAT", "") || !s.subscribed("DTMF", "") {
		t.Error("only the one named is gone")
	}
}

// What ALL has added of CUSTOM goes by name only (mod_event_socket.c:parse_command).
func TestDisableCustom(t *testing.T) {
	s := NewSubscriber(func() {})
	expect := func(step string, heartbeat, a, b bool) {
		t.Helper()
		if s.subscribed("HEARTBEAT", "") != heartbeat || s.subscribed("CUSTOM", "a") != a || s.subscribed("CUSTOM", "b") != b {
			t.Error(step)
		}
	}
	s.Enable([]string{"CUSTOM", "a"}, everyName)
	expect("one subclass", false, true, false)
	s.Disable([]string{"CUSTOM", "a"})
	expect("taken back", false, false, false)
	s.Enable([]string{"ALL"}, everyName)
	s.Disable([]string{"CUSTOM", "a"})
	expect("ALL hides it", true, true, true)
	s.Disable([]string{"HEARTBEAT"})
	expect("ALL is off", false, false, true)
	s.Disable([]string{"CUSTOM", "b"})
	expect("b too", false, false, false)
}

// Every event has a number, also one that nobody subscribed to.
func TestSequence(t *testing.T) {
	b, s := New(), NewSubscriber(func() {})
	s.Enable([]string{"DTMF"}, everyName)
	b.Add(s, "u1")
	if !b.Skip("HEARTBEAT", "u1") || !b.Skip("DTMF", "u2") || b.Skip("DTMF", "u1") {
		t.Fatal("an event is skipped when nobody subscribed to it for that channel")
	}
	b.Fire(event("DTMF"), "DTMF", "u1", "")
	b.Fire(event("DTMF"), "DTMF", "u2", "")
	b.Remove(s, "u1")
	b.Fire(event("DTMF"), "DTMF", "u1", "")
	events, _ := s.Take()
	if len(events) != 1 || events[0].Get(SequenceHeader) != "3" {
		t.Errorf("%d events, the first has number %s", len(events), events[0].Get(SequenceHeader))
	}
}
