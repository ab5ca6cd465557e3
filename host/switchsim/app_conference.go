package switchsim

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// conferences holds the conferences by name. No channel is locked under mu.
type conferences struct {
	mu     sync.Mutex
	byName map[string]*conference
	lastID int
}

type conference struct {
	name, uuid, profile string
	members             []*member // guarded by conferences.mu, never changed in place
	floor               *member   // guarded by conferences.mu
}

type member struct {
	id         int
	c          *channel
	conference *conference
	kicked     atomic.Bool
	muted      atomic.Bool
}

const maintenance = "conference::maintenance"

// conferenceApp runs "name[@profile][+pin][+flags{...}]". The member stays until it
// is kicked, hung up or moved; then the dialplan continues.
func conferenceApp(c *channel, arg string) {
	name, profile, _ := strings.Cut(arg, "@")
	profile, _, _ = strings.Cut(profile, "+")
	name, _, _ = strings.Cut(name, "+")
	if name == "" {
		return
	}
	m := c.sw.join(c, name, cmp.Or(profile, "default"))
	c.await(wait{endless: true, ignoreBreak: true, digit: func(digit) bool { return false }, until: m.kicked.Load})
	c.sw.leave(m)
}

// join adds a member to a conference, which begins with the first; that one has
// the floor.
func (s *Switch) join(c *channel, name, profile string) *member {
	m, size, first, created := s.conferences.add(c, name, profile, s.newUUID())
	k := m.conference
	c.mu.Lock()
	c.conference = name
	c.vars.setAll([][2]string{{"conference_name", name}, {"app_session_uuid", k.uuid},
		{"conference_member_id", strconv.Itoa(m.id)}, {"conference_moderator", "false"},
		{"conference_ghost", "false"}, {"conference_uuid", k.uuid}})
	c.mu.Unlock()
	if created {
		s.conferenceEvent(k, "conference-create")
	}
	s.memberEvent(m, size, false, "add-member")
	if first {
		s.floorEvent(m, size)
	}
	c.trace(WhoSwitch, "conference", "joined conference "+name) // after its events: tests wait for it
	return m
}

func (k *conferences) add(c *channel, name, profile, uuid string) (m *member, size int, floor, created bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	conf := k.byName[name]
	if created = conf == nil; created {
		conf = &conference{name: name, uuid: uuid, profile: profile}
		k.byName[name] = conf
	}
	k.lastID++
	m = &member{id: k.lastID, c: c, conference: conf}
	conf.members = append(slices.Clip(conf.members), m)
	if floor = conf.floor == nil; floor {
		conf.floor = m
	}
	return m, len(conf.members), floor, created
}

// leave removes a member; the conference ends with the last.
func (s *Switch) leave(m *member) {
	size := s.conferences.remove(m)
	swap(&m.c.mu, &m.c.conference, "")
	m.c.trace(WhoSwitch, "conference", "left conference "+m.conference.name)
	s.memberEvent(m, size, false, "del-member")
	if size == 0 {
		s.conferenceEvent(m.conference, "conference-destroy")
	}
}

func (k *conferences) remove(m *member) (size int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	conf := m.conference
	conf.members = without(conf.members, m)
	if conf.floor == m {
		conf.floor = nil
	}
	if len(conf.members) == 0 {
		delete(k.byName, conf.name)
	}
	return len(conf.members)
}

// members returns the members of a conference, and the one with the floor; conf is nil
// if there is no such conference.
func (k *conferences) members(name string) (conf *conference, members []*member, floor *member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if conf = k.byName[name]; conf == nil {
		return nil, nil, nil
	}
	return conf, conf.members, conf.floor
}

// names returns the names of the conferences in alphabetical order.
func (k *conferences) names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.byName))
}

// kick removes members; their dialplans continue.
func (s *Switch) kick(members []*member) {
	for _, m := range members {
		_, all, floor := s.conferences.members(m.conference.name)
		s.memberEvent(m, len(all), floor == m, "kick-member")
		m.kicked.Store(true)
		m.c.changed()
	}
}

// Conference returns the UUIDs of the members of a conference.
func (s *Switch) Conference(name string) []string {
	_, members, _ := s.conferences.members(name)
	uuids := make([]string, len(members))
	for i, m := range members {
		uuids[i] = m.c.uuid
	}
	return uuids
}

func (k *conference) headers(size int) []wire.Header {
	return []wire.Header{
		{Name: "Conference-Name", Value: k.name}, {Name: "Conference-Domain", Value: "127.0.0.1"},
		{Name: "Conference-Size", Value: strconv.Itoa(size)}, {Name: "Conference-Ghosts", Value: "0"},
		{Name: "Conference-Profile-Name", Value: k.profile}, {Name: "Conference-Unique-ID", Value: k.uuid},
	}
}

// headers returns a member's headers: the floor, the channel's data, what it may do.
func (m *member) headers(floor bool) []wire.Header {
	h := []wire.Header{{Name: "Floor", Value: strconv.FormatBool(floor)}}
	return append(m.c.appendData(h, false),
		wire.Header{Name: "Video", Value: "false"}, wire.Header{Name: "Hear", Value: "true"},
		wire.Header{Name: "See", Value: "true"}, wire.Header{Name: "Speak", Value: strconv.FormatBool(!m.muted.Load())},
		wire.Header{Name: "Talking", Value: "false"}, wire.Header{Name: "Mute-Detect", Value: "false"},
		wire.Header{Name: "Hold", Value: "false"}, wire.Header{Name: "Member-ID", Value: strconv.Itoa(m.id)},
		wire.Header{Name: "Member-Type", Value: "member"}, wire.Header{Name: "Member-Ghost", Value: "false"},
		wire.Header{Name: "Energy-Level", Value: "0"}, wire.Header{Name: "Current-Energy", Value: "0"})
}

func (s *Switch) newMaintenance(function string) *wire.Event {
	return s.newEvent("CUSTOM", function, 100, wire.Header{Name: "Event-Subclass", Value: maintenance})
}

func (s *Switch) memberEvent(m *member, size int, floor bool, action string) {
	function := map[string]string{"add-member": "conference_member_add", "del-member": "conference_member_del",
		"kick-member": "conference_api_sub_kick"}[action]
	e := s.newMaintenance(function)
	e.Headers = append(append(e.Headers, m.conference.headers(size)...), m.headers(floor)...)
	e.Headers = append(e.Headers, wire.Header{Name: "Action", Value: action})
	s.bus.Fire(e, "CUSTOM", m.c.uuid, maintenance)
}

// floorEvent repeats the conference's headers, as FreeSWITCH does.
func (s *Switch) floorEvent(m *member, size int) {
	e := s.newMaintenance("conference_member_set_floor_holder")
	e.Headers = append(e.Headers, m.conference.headers(size)...)
	e.Headers = append(e.Headers, wire.Header{Name: "Action", Value: "floor-change"}, wire.Header{Name: "Old-ID", Value: "none"})
	e.Headers = append(append(e.Headers, m.conference.headers(size)...), m.headers(true)...)
	e.Headers = append(e.Headers, wire.Header{Name: "New-ID", Value: strconv.Itoa(m.id)})
	s.bus.Fire(e, "CUSTOM", m.c.uuid, maintenance)
}

func (s *Switch) conferenceEvent(k *conference, action string) {
	e := s.newMaintenance("conference_new")
	e.Headers = append(append(e.Headers, k.headers(0)...), wire.Header{Name: "Action", Value: action})
	s.bus.Fire(e, "CUSTOM", "", maintenance)
}
