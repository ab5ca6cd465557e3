package switchsim

import (
	"strconv"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// profile is a caller profile (switch_caller.h): who calls whom, and when what
// happened. A transfer makes a new one with the next index.
type profile struct {
	dialplan, destination, context, rdnis string
	username, ani, networkAddr, source    string
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

// stamp is a moment as the events print it: microseconds, "0" when it never came.
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

// profileNames are the header names of one prefix, made once.
type profileNames struct {
	direction, logical, username, dialplan, cidName, cidNumber, origName, origNumber,
	calleeName, calleeNumber, networkAddr, ani, destination, uuid, source, transferSource,
	context, rdnis, channel, index, created, channelCreated, answered, progress, early,
	hangup, transfer, resurrect, bridged, lastHold, holdAccum, screen, hideName, hideNumber string
}

func namesFor(p string) *profileNames {
	return &profileNames{
		direction: p + "-Direction", logical: p + "-Logical-Direction", username: p + "-Username",
		dialplan: p + "-Dialplan", cidName: p + "-Caller-ID-Name", cidNumber: p + "-Caller-ID-Number",
		origName: p + "-Orig-Caller-ID-Name", origNumber: p + "-Orig-Caller-ID-Number",
		calleeName: p + "-Callee-ID-Name", calleeNumber: p + "-Callee-ID-Number",
		networkAddr: p + "-Network-Addr", ani: p + "-ANI", destination: p + "-Destination-Number",
		uuid: p + "-Unique-ID", source: p + "-Source", transferSource: p + "-Transfer-Source",
		context: p + "-Context", rdnis: p + "-RDNIS", channel: p + "-Channel-Name",
		index: p + "-Profile-Index", created: p + "-Profile-Created-Time",
		channelCreated: p + "-Channel-Created-Time", answered: p + "-Channel-Answered-Time",
		progress: p + "-Channel-Progress-Time", early: p + "-Channel-Progress-Media-Time",
		hangup: p + "-Channel-Hangup-Time", transfer: p + "-Channel-Transfer-Time",
		resurrect: p + "-Channel-Resurrect-Time", bridged: p + "-Channel-Bridged-Time",
		lastHold: p + "-Channel-Last-Hold", holdAccum: p + "-Channel-Hold-Accum",
		screen: p + "-Screen-Bit", hideName: p + "-Privacy-Hide-Name", hideNumber: p + "-Privacy-Hide-Number",
	}
}

var (
	callerNames   = namesFor("Caller")
	channelNames  = namesFor("Channel")
	otherLegNames = namesFor("Other-Leg")
)

// appendTo is switch_caller_profile_event_set_data.
func (p *profile) appendTo(h []wire.Header, n *profileNames) []wire.Header {
	some := func(name, value string) {
		if value != "" {
			h = append(h, wire.Header{Name: name, Value: value})
		}
	}
	some(n.direction, p.direction)
	some(n.logical, p.logicalDir)
	some(n.username, p.username)
	some(n.dialplan, p.dialplan)
	some(n.cidName, p.cidName)
	some(n.cidNumber, p.cidNumber)
	some(n.origName, p.origName)
	some(n.origNumber, p.origNumber)
	some(n.calleeName, p.calleeName)
	some(n.calleeNumber, p.calleeNumber)
	some(n.networkAddr, p.networkAddr)
	some(n.ani, p.ani)
	some(n.destination, p.destination)
	some(n.uuid, p.uuid)
	some(n.source, p.source)
	some(n.transferSource, p.transferSource)
	some(n.context, p.context)
	some(n.rdnis, p.rdnis)
	some(n.channel, p.channel)
	if n != otherLegNames {
		some(n.index, strconv.Itoa(p.index))
	}
	return append(h,
		wire.Header{Name: n.created, Value: p.created.micros()},
		wire.Header{Name: n.channelCreated, Value: p.channelCreated.micros()},
		wire.Header{Name: n.answered, Value: p.answered.micros()},
		wire.Header{Name: n.progress, Value: p.progress.micros()},
		wire.Header{Name: n.early, Value: p.early.micros()},
		wire.Header{Name: n.hangup, Value: p.hangup.micros()},
		wire.Header{Name: n.transfer, Value: "0"},
		wire.Header{Name: n.resurrect, Value: "0"},
		wire.Header{Name: n.bridged, Value: p.bridged.micros()},
		wire.Header{Name: n.lastHold, Value: "0"},
		wire.Header{Name: n.holdAccum, Value: "0"},
		wire.Header{Name: n.screen, Value: "true"},
		wire.Header{Name: n.hideName, Value: "false"},
		wire.Header{Name: n.hideNumber, Value: "false"},
	)
}
