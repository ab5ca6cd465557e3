package config

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/goccy/go-yaml/ast"
)

// A Script names a script of the script directory and its arguments, as mod_lua's
// settings do: "cdr.lua monthly 'with a blank'".
type Script string

// UnmarshalYAML reads a script.
func (s *Script) UnmarshalYAML(n ast.Node) error { return scalar(n, s.Set) }

// Set reads a script from text.
func (s *Script) Set(text string) error {
	*s = Script(text)
	if s.Name() == "" || strings.HasPrefix(s.Name(), "/") {
		return fmt.Errorf("%q is not a script; write its name in the script directory, and its arguments behind it", text)
	}
	return nil
}

// maxScriptArgs is the number of arguments that mod_lua takes (mod_lua.cpp:lua_parse_and_execute).
const maxScriptArgs = 128

func (s Script) words() []string {
	return syntax.Split(strings.TrimLeft(string(s), " \n"), ' ', maxScriptArgs)
}

// Name returns the script's name as it is written; "" if there is none.
func (s Script) Name() string {
	if words := s.words(); len(words) > 0 {
		return words[0]
	}
	return ""
}

// Flow returns the script's name without .lua.
func (s Script) Flow() string { return FlowName(s.Name()) }

// Args returns the script's arguments.
func (s Script) Args() []string {
	if words := s.words(); len(words) > 1 {
		return words[1:]
	}
	return nil
}

// A Hook runs a script for each event of a kind.
type Hook struct {
	Event    EventName `yaml:"event" doc:"FreeSWITCH's name of the event, such as CHANNEL_HANGUP_COMPLETE; ALL is every event"`
	Subclass string    `yaml:"subclass" doc:"which CUSTOM event; empty: any"`
	Script   Script    `yaml:"script" doc:"script, and its arguments, that runs for each with the global event"`
	Parallel int       `yaml:"parallel" least:"1" default:"4" doc:"how many events it may handle at a time; those of one channel never overlap"`
	Queue    int       `yaml:"queue" least:"1" default:"1000" doc:"how many events may wait, 16MiB together, and of one channel half as many; further ones are dropped and counted"`
	Timeout  Duration  `yaml:"timeout" default:"1m" doc:"how long the script may take for one event; 0s is no limit"`
}

// UnmarshalYAML reads a hook over the defaults.
func (h *Hook) UnmarshalYAML(n ast.Node) error {
	type plain Hook
	return overDefaults(n, (*plain)(h))
}

func (h *Hook) conflicts() (list []conflict) {
	if h.Event == "" {
		list = append(list, conflict{[]string{"event"}, "this hook names no event; add event: CHANNEL_HANGUP_COMPLETE"})
	}
	if h.Script == "" {
		list = append(list, conflict{[]string{"script"}, "this hook names no script; add script: NAME"})
	}
	if h.Subclass != "" && h.Event != "CUSTOM" && h.Event != "ALL" {
		list = append(list, conflict{[]string{"subclass", "event"}, "only CUSTOM events have a subclass; write event: CUSTOM"})
	}
	if strings.ContainsAny(h.Subclass, " \t\r\n") {
		list = append(list, conflict{[]string{"subclass"}, fmt.Sprintf("%q is not a subclass: it holds a blank", h.Subclass)})
	}
	return list
}

// An EventName is the name of one of FreeSWITCH's events.
type EventName string

// UnmarshalYAML reads a name.
func (e *EventName) UnmarshalYAML(n ast.Node) error { return scalar(n, e.Set) }

// Set reads a name in any case.
func (e *EventName) Set(text string) error {
	name, err := syntax.CheckEventName(text)
	if err != nil {
		return err
	}
	*e = EventName(name)
	return nil
}
