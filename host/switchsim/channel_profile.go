package switchsim

import (
	"strconv"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// A profile is a caller profile (switch_caller.h): the caller, the called number and
// the times of the call's events. A transfer makes a new one with the next index.
type profile struct {
	dialplan, destination, context, rdnis string
	username, networkAddr, source         string
	ani, aniii                            string
	cidName, cidNumber                    string
	origName, origNumber                  string
	calleeName, calleeNumber              string
	transferSource                        string
	uuid, channel, direction, logicalDir  string
	index                                 int
	created, channelCreated               stamp
	answered, progress, early, hangup     stamp
	bridged                               stamp
}

// A stamp is a moment as the events print it: microseconds, "0" if it never came.
type stamp struct {
	at time.Time
	us string
}

func stampOf(t time.Time) stamp { return stamp{t, strconv.FormatInt(t.UnixMicro(), 10)} }

func (s stamp) micros() string {
	if s.us == "" {
		return "0"
	}
	return s.us
}

func zero(*profile) string { return "0" }

// profileFields lists the headers of a profile without their prefix, in the order
// of switch_caller_profile_event_set_data.
var profileFields = [...]struct {
	name  string
	value func(*profile) string
}{
	{"Direction", func(p *profile) string { return p.direction }},
	{"Logical-Direction", func(p *profile) string { return p.logicalDir }},
	{"Username", func(p *profile) string { return p.username }},
	{"Dialplan", func(p *profile) string { return p.dialplan }},
	{"Caller-ID-Name", func(p *profile) string { return p.cidName }},
	{"Caller-ID-Number", func(p *profile) string { return p.cidNumber }},
	{"Orig-Caller-ID-Name", func(p *profile) string { return p.origName }},
	{"Orig-Caller-ID-Number", func(p *profile) string { return p.origNumber }},
	{"Callee-ID-Name", func(p *profile) string { return p.calleeName }},
	{"Callee-ID-Number", func(p *profile) string { return p.calleeNumber }},
	{"Network-Addr", func(p *profile) string { return p.networkAddr }},
	{"ANI", func(p *profile) string { return p.ani }},
	{"Destination-Number", func(p *profile) string { return p.destination }},
	{"Unique-ID", func(p *profile) string { return p.uuid }},
	{"Source", func(p *profile) string { return p.source }},
	{"Transfer-Source", func(p *profile) string { return p.transferSource }},
	{"Context", func(p *profile) string { return p.context }},
	{"RDNIS", func(p *profile) string { return p.rdnis }},
	{"Channel-Name", func(p *profile) string { return p.channel }},
	{"Profile-Index", func(p *profile) string { return strconv.Itoa(p.index) }},
	{"Profile-Created-Time", func(p *profile) string { return p.created.micros() }},
	{"Channel-Created-Time", func(p *profile) string { return p.channelCreated.micros() }},
	{"Channel-Answered-Time", func(p *profile) string { return p.answered.micros() }},
	{"Channel-Progress-Time", func(p *profile) string { return p.progress.micros() }},
	{"Channel-Progress-Media-Time", func(p *profile) string { return p.early.micros() }},
	{"Channel-Hangup-Time", func(p *profile) string { return p.hangup.micros() }},
	{"Channel-Transfer-Time", zero},
	{"Channel-Resurrect-Time", zero},
	{"Channel-Bridged-Time", func(p *profile) string { return p.bridged.micros() }},
	{"Channel-Last-Hold", zero},
	{"Channel-Hold-Accum", zero},
	{"Screen-Bit", func(*profile) string { return "true" }},
	{"Privacy-Hide-Name", func(*profile) string { return "false" }},
	{"Privacy-Hide-Number", func(*profile) string { return "false" }},
}

// headerNames holds the names of a profile's headers with their prefix; a field
// without a name is left out. They are made once, because every event has them.
type headerNames [len(profileFields)]string

var (
	callerHeaders   = prefixed("Caller")
	channelHeaders  = prefixed("Channel")
	otherLegHeaders = prefixed("Other-Leg")
)

func prefixed(prefix string) (names headerNames) {
	for i, f := range profileFields {
		if prefix == "Other-Leg" && f.name == "Profile-Index" {
			continue
		}
		names[i] = prefix + "-" + f.name
	}
	return names
}

func (p *profile) appendTo(h []wire.Header, names *headerNames) []wire.Header {
	for i, f := range &profileFields {
		if value := f.value(p); value != "" && names[i] != "" {
			h = append(h, wire.Header{Name: names[i], Value: value})
		}
	}
	return h
}

// field returns the field that can be read like a variable of that name and set by
// set_profile_var, nil if there is none (switch_caller.c:switch_caller_get_field_by_name).
func (p *profile) field(name string) *string {
	return map[string]*string{
		"ani": &p.ani, "aniii": &p.aniii, "callee_id_name": &p.calleeName, "callee_id_number": &p.calleeNumber,
		"caller_id_name": &p.cidName, "caller_id_number": &p.cidNumber, "context": &p.context, "destination_number": &p.destination,
		"dialplan": &p.dialplan, "network_addr": &p.networkAddr, "rdnis": &p.rdnis, "source": &p.source, "username": &p.username,
	}[name]
}
