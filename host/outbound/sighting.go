package outbound

import "github.com/eslua/eslua/host/esl"

// sighting is an event with the headers that every event of a call is asked
// for, found in one walk over it.
type sighting struct {
	esl.Event
	name                        string
	uuid, state, number, answer string
	app, appID                  string // of CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE
}

const seenAlways = 4

var seenHeaders = [...]string{"Unique-ID", "Channel-State", "Channel-State-Number", "Answer-State",
	"Application", "Application-UUID"}

func sight(ev esl.Event) sighting {
	s := sighting{Event: ev, name: ev.Name()}
	if s.name == "" {
		return s
	}
	n := seenAlways // which stand near the beginning
	if s.name == "CHANNEL_EXECUTE" || s.name == "CHANNEL_EXECUTE_COMPLETE" {
		n = len(seenHeaders)
	}
	var v [len(seenHeaders)]string
	ev.Pick(seenHeaders[:n], v[:n])
	s.uuid, s.state, s.number, s.answer, s.app, s.appID = v[0], v[1], v[2], v[3], v[4], v[5]
	return s
}
