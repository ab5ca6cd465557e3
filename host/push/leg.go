package push

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A Leg describes one channel.
type Leg struct {
	UUID        string      `json:"uuid" doc:"of the channel"`
	Channel     string      `json:"channel" doc:"its name"`
	Direction   string      `json:"direction" doc:"inbound or outbound, as FreeSWITCH sees it"`
	Caller      Party       `json:"caller" doc:"who calls: number, name, and hidden: true if the number shall not be shown; of a channel that originate has dialled, FreeSWITCH has its person there"`
	Callee      Party       `json:"callee" doc:"who is called, as far as FreeSWITCH knows: number, name"`
	Destination string      `json:"destination" doc:"number that was dialled, after transfers the last one"`
	Context     string      `json:"context,omitempty" doc:"of the dialplan"`
	Start       string      `json:"start" doc:"when the channel was made"`
	Ring        string      `json:"ring,omitempty" doc:"when it rang, or had early media"`
	Answer      string      `json:"answer,omitempty" doc:"when it was answered"`
	End         string      `json:"end,omitempty" doc:"when it was hung up; a leg without it goes on, or nobody knows"`
	Duration    int64       `json:"duration_seconds" doc:"FreeSWITCH's duration"`
	Millis      int64       `json:"duration_ms" doc:"FreeSWITCH's mduration"`
	Billable    int64       `json:"billable_seconds" doc:"FreeSWITCH's billsec"`
	BillableMs  int64       `json:"billable_ms" doc:"FreeSWITCH's billmsec"`
	Cause       *Cause      `json:"cause,omitempty" doc:"of the hangup: number and name (487 ORIGINATOR_CANCEL), q850, and sip, the status"`
	Recordings  []Recording `json:"recordings,omitempty" doc:"as in recording.finished: path, ended, duration_ms, bytes, completion, error"`
}

// A Party is one who speaks.
type Party struct {
	Number string `json:"number"`
	Name   string `json:"name,omitempty"`
	Hidden bool   `json:"hidden,omitempty"` // the caller wishes that the number is not shown
}

// A Cause is the reason of a hangup.
type Cause struct {
	Number int    `json:"number"` // FreeSWITCH's, which is Q.850's up to 127
	Name   string `json:"name"`
	Q850   int    `json:"q850"`
	SIP    int    `json:"sip,omitempty"` // the status that ended it
}

// A Recording describes one that has ended.
type Recording struct {
	Path       string `json:"path" doc:"of the file, on the machine of FreeSWITCH"`
	Ended      string `json:"ended" doc:"when it ended"`
	Millis     int64  `json:"duration_ms" doc:"how long it is"`
	Bytes      int64  `json:"bytes,omitempty" doc:"size of the file"`
	Completion string `json:"completion,omitempty" doc:"FreeSWITCH's word for how it ended"`
	Error      string `json:"error,omitempty" doc:"what went wrong"`
}

// describe returns the channel whose last event e is.
func describe(e esl.Event) Leg {
	l := profile(e, "Caller")
	l.UUID, l.Channel, l.Direction = short(e.Get("Unique-ID")), short(e.Get("Channel-Name")), short(e.Get("Call-Direction"))
	start, answer, end := micros(e, "Caller-Channel-Created-Time"), micros(e, "Caller-Channel-Answered-Time"), micros(e, "Caller-Channel-Hangup-Time")
	if end == 0 {
		end = micros(e, "Event-Date-Timestamp")
	}
	l.End = moment(end)
	// FreeSWITCH subtracts the times after it has cut them to the unit
	// (switch_channel.c:switch_channel_set_timestamps).
	const second, milli = 1_000_000, 1_000
	l.Duration = number(e, "variable_duration", span(start, end, second))
	l.Millis = number(e, "variable_mduration", span(start, end, milli))
	l.Billable = number(e, "variable_billsec", span(answer, end, second))
	l.BillableMs = number(e, "variable_billmsec", span(answer, end, milli))
	l.Cause = cause(e)
	return l
}

// profile returns what the headers of one of an event's profiles say.
func profile(e esl.Event, prefix string) Leg {
	at := func(name string) int64 { return micros(e, prefix+"-Channel-"+name+"-Time") }
	ring := at("Progress")
	if early := at("Progress-Media"); ring == 0 || early != 0 && early < ring {
		ring = early
	}
	get := func(name string) string { return short(e.Get(prefix + "-" + name)) }
	return Leg{
		UUID: get("Unique-ID"), Channel: get("Channel-Name"), Direction: get("Direction"),
		Caller:      Party{get("Caller-ID-Number"), get("Caller-ID-Name"), e.Get(prefix+"-Privacy-Hide-Number") == "true"},
		Callee:      Party{Number: get("Callee-ID-Number"), Name: get("Callee-ID-Name")},
		Destination: get("Destination-Number"), Context: get("Context"),
		Start: moment(at("Created")), Ring: moment(ring), Answer: moment(at("Answered")),
	}
}

func cause(e esl.Event) *Cause {
	c := Cause{Name: short(cmp.Or(e.Get("variable_hangup_cause"), e.Get("Hangup-Cause")))}
	if known, ok := syntax.LookupCause(c.Name); ok {
		c.Number = known.Number
	}
	c.Q850 = int(number(e, "variable_hangup_cause_q850", int64(c.Number)))
	if status, ok := strings.CutPrefix(e.Get("variable_proto_specific_hangup_cause"), "sip:"); ok {
		c.SIP, _ = strconv.Atoi(status)
	}
	return &c
}

// recordingErrors are the ways in which a recording fails
// (switch_ivr_async.c:record_callback).
var recordingErrors = map[string]string{
	"uri-failure":     "FreeSWITCH could not write the file",
	"empty-file":      "nothing was recorded, and FreeSWITCH has removed the file",
	"input-too-short": "it was shorter than RECORD_MIN_SEC, and FreeSWITCH has removed the file",
}

func recording(e esl.Event) Recording {
	r := Recording{Path: limited(e.Get("Record-File-Path"), 4<<10), Ended: happened(e), Millis: number(e, "variable_record_ms", 0), Completion: short(e.Get("Record-Completion-Cause"))}
	if r.Error = recordingErrors[r.Completion]; r.Error == "" {
		r.Bytes = number(e, "variable_record_file_size", 0) // otherwise it may be that of an earlier one
	}
	return r
}

// happened returns when an event was fired.
func happened(e esl.Event) string { return moment(micros(e, "Event-Date-Timestamp")) }

// micros returns a time of FreeSWITCH, in microseconds; 0 if there is none.
func micros(e esl.Event, name string) int64 { return max(number(e, name, 0), 0) }

func number(e esl.Event, name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(e.Get(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func span(from, to, unit int64) int64 {
	if from == 0 || to < from {
		return 0
	}
	return to/unit - from/unit
}

// moment writes a time in the machine's time zone.
func moment(us int64) string {
	if us <= 0 {
		return ""
	}
	return time.UnixMicro(us).Format("2006-01-02T15:04:05.000000Z07:00")
}

// mostShort bounds a name or a number, which a caller may have chosen.
const mostShort = 256

func short(text string) string { return limited(text, mostShort) }

// limited returns a copy of at most so many bytes, valid as UTF-8 and without control
// characters. Texts of an event keep all of it in memory.
func limited(text string, most int) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, cut(text, most))
}

// cut returns a copy of at most so many bytes, valid as UTF-8.
func cut(text string, most int) string {
	return strings.Clone(strings.ToValidUTF8(text[:min(len(text), most)], "\uFFFD"))
}
