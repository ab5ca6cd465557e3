package trace

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/call/outbound"
)

// A code begins a record and says what it is about.
type code byte

const (
	codeCalled code = iota // a function of the script's
	codePrinted
	codeBegins
	codeFails
	codeFallback
	codeEnds
	codeEnded
	codeRings
	codeEarly
	codeAnswered
	codeExecutes
	codeExecuted
	codePressed
	codeMasked
	codeBridged
	codeUnbridged
	codeHeld
	codeUnheld
	codeParked
	codeUnparked
	codeRecords
	codeRecorded
	codeConference
	codeHungUp
	codeEvent
)

// words says how a record of a code reads: its texts replace each %s.
var words = [...]struct{ who, form string }{
	codePrinted:    {Script, "prints %s"},
	codeBegins:     {Host, "runs %s, generation %s"},
	codeFails:      {Host, "the script failed: %s"},
	codeFallback:   {Host, "fallback: %s"},
	codeEnds:       {Host, "the script ended"},
	codeEnded:      {Host, "the script ended: %s"},
	codeRings:      {Switch, "ringing"},
	codeEarly:      {Switch, "early media"},
	codeAnswered:   {Switch, "answered"},
	codeExecutes:   {Switch, "%s %s"},
	codeExecuted:   {Switch, "%s ended: %s"},
	codePressed:    {Caller, "presses %s"},
	codeMasked:     {Caller, "presses a key"},
	codeBridged:    {Switch, "bridged to %s"},
	codeUnbridged:  {Switch, "no longer bridged"},
	codeHeld:       {Switch, "on hold"},
	codeUnheld:     {Switch, "no longer on hold"},
	codeParked:     {Switch, "parked"},
	codeUnparked:   {Switch, "no longer parked"},
	codeRecords:    {Switch, "records %s"},
	codeRecorded:   {Switch, "records no more %s"},
	codeConference: {Switch, "conference %s: %s"},
	codeHungUp:     {Switch, "hung up: %s"},
	codeEvent:      {Switch, "event %s"},
}

// say returns what a record of a code says, with its texts.
func say(c code, texts []string) (who, what string) {
	if int(c) >= len(words) {
		return Host, "?"
	}
	w := words[c]
	args := make([]any, strings.Count(w.form, "%s"))
	for i := range args {
		args[i] = ""
		if i < len(texts) {
			args[i] = texts[i]
		}
	}
	return w.who, strings.TrimSpace(fmt.Sprintf(w.form, args...))
}

func (c code) kind() string {
	switch c {
	case codeCalled:
		return Function
	case codeExecutes:
		return App
	case codePressed, codeMasked:
		return Key
	case codeHungUp:
		return Hangup
	case codeEnds, codeEnded, codeFails:
		return End
	}
	return Other
}

// An incident is what an event of FreeSWITCH's says to a reader of the trace.
type incident struct {
	code  code
	state string // of the call from now on, if it changes
	texts [2]string
	n     int // texts
}

// incidentOf returns false for an event that does not matter.
func incidentOf(s outbound.Sight) (i incident, ok bool) {
	ev := s.Event
	switch s.Name {
	case "CHANNEL_EXECUTE":
		return incident{code: codeExecutes, texts: [2]string{s.Application.Name, s.Application.Data}, n: 2}, s.Application.Name != "socket" && // how the call came
			!outbound.IsBookkeeping(s.Application.Name, s.Application.Data)
	case "CHANNEL_EXECUTE_COMPLETE":
		response := s.Application.Response
		return incident{code: codeExecuted, texts: [2]string{s.Application.Name, response}, n: 2}, response != "" && response != "_none_"
	case "DTMF":
		return incident{code: codePressed, texts: [2]string{ev.Get("DTMF-Digit")}, n: 1}, true
	case "CHANNEL_PROGRESS":
		return incident{code: codeRings}, true
	case "CHANNEL_PROGRESS_MEDIA":
		return incident{code: codeEarly}, true
	case "CHANNEL_ANSWER":
		return incident{code: codeAnswered, state: Answered}, true
	case "CHANNEL_BRIDGE":
		return incident{code: codeBridged, state: Bridged, texts: [2]string{ev.Get("Other-Leg-Channel-Name")}, n: 1}, true
	case "CHANNEL_UNBRIDGE":
		return incident{code: codeUnbridged, state: Answered}, true
	case "CHANNEL_HOLD":
		return incident{code: codeHeld}, true
	case "CHANNEL_UNHOLD":
		return incident{code: codeUnheld}, true
	case "CHANNEL_PARK":
		return incident{code: codeParked}, true
	case "CHANNEL_UNPARK":
		return incident{code: codeUnparked}, true
	case "RECORD_START":
		return incident{code: codeRecords, texts: [2]string{ev.Get("Record-File-Path")}, n: 1}, true
	case "RECORD_STOP":
		return incident{code: codeRecorded, texts: [2]string{ev.Get("Record-File-Path")}, n: 1}, true
	case "CHANNEL_HANGUP":
		return incident{code: codeHungUp, state: HungUp, texts: [2]string{s.Cause}, n: 1}, true
	case "CUSTOM":
		subclass := ev.Get("Event-Subclass")
		if subclass == "conference::maintenance" {
			return incident{code: codeConference, texts: [2]string{ev.Get("Conference-Name"), ev.Get("Action")}, n: 2}, true
		}
		return incident{code: codeEvent, texts: [2]string{subclass}, n: 1}, true
	case "DETECTED_SPEECH", "DETECTED_TONE", "TALK", "NOTALK", "MESSAGE", "PHONE_FEATURE":
		return incident{code: codeEvent, texts: [2]string{s.Name}, n: 1}, true
	}
	return incident{}, false
}

// The states of a call.
const (
	Arrived  = "arrived"
	Answered = "answered"
	Bridged  = "bridged"
	Returned = "handed back"
	HungUp   = "hung up"
)
