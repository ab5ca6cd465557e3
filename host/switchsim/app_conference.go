package switchsim

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// rooms are the conferences by name.
type rooms struct {
	mu     sync.Mutex
	byName map[string]*room
	lastID int
}

type room struct {
	name, uuid, profile string
	members             []*member
	floor               *member
}

type member struct {
	id     int
	c      *channel
	room   *room
	kicked bool
	muted  atomic.Bool
}

const maintenance = "conference::maintenance"

// conferenceApp is "name[@profile][+pin][+flags{...}]": in the room until kicked,
// hung up or moved on; then the dialplan continues.
func conferenceApp(c *channel, arg string) {
	name, profile, _ := strings.Cut(arg, "@")
	profile, _, _ = strings.Cut(profile, "+")
	name, _, _ = strings.Cut(name, "+")
	if name == "" {
		return
	}
	if profile == "" {
		profile = "default"
	}
	m := c.sw.join(c, name, profile)
	c.pause(pause{forever: true, deafToBreak: true,
		digit: func(digit) bool { return false },
		stop:  func() bool { c.mu.Lock(); defer c.mu.Unlock(); return m.kicked }})
	c.sw.part(m)
}

// join adds a member; the first one makes the room and has the floor.
func (s *Switch) join(c *channel, name, profile string) *member {
	s.rooms.mu.Lock()
	r := s.rooms.byName[name]
	created := r == nil
	if created {
		r = &room{name: name, uuid: s.newUUID(), profile: profile}
		s.rooms.byName[name] = r
	}
	s.rooms.lastID++
	m := &member{id: s.rooms.lastID, c: c, room: r}
	r.members = append(r.members, m)
	size, floor := len(r.members), r.floor
	if floor == nil {
		r.floor = m
	}
	s.rooms.mu.Unlock()

	c.mu.Lock()
	c.conference, c.member = name, m
	for _, v := range [][2]string{{"conference_name", name}, {"app_session_uuid", r.uuid},
		{"conference_member_id", strconv.Itoa(m.id)}, {"conference_moderator", "false"},
		{"conference_ghost", "false"}, {"conference_uuid", r.uuid}} {
		c.vars.set(v[0], v[1])
	}
	c.mu.Unlock()
	if created {
		s.roomEvent(r, 0, "conference-create")
	}
	s.memberEvent(m, size, false, "add-member")
	if floor == nil {
		s.floorEvent(m, size)
	}
	c.trace(WhoSwitch, "conference", "joined conference "+name) // after its events, for those who wait for it
	return m
}

// part removes a member; the last one takes the room along.
func (s *Switch) part(m *member) {
	r := m.room
	s.rooms.mu.Lock()
	r.members = slices.DeleteFunc(r.members, func(x *member) bool { return x == m })
	if r.floor == m {
		r.floor = nil
	}
	size := len(r.members)
	if size == 0 {
		delete(s.rooms.byName, r.name)
	}
	s.rooms.mu.Unlock()
	m.c.mu.Lock()
	m.c.conference, m.c.member = "", nil
	m.c.mu.Unlock()
	m.c.trace(WhoSwitch, "conference", "left conference "+r.name)
	s.memberEvent(m, size, false, "del-member")
	if size == 0 {
		s.roomEvent(r, 0, "conference-destroy")
	}
}

// kick throws members out; they go on in their dialplan.
func (s *Switch) kick(members []*member) {
	for _, m := range members {
		s.rooms.mu.Lock()
		size, floor := len(m.room.members), m.room.floor == m
		s.rooms.mu.Unlock()
		s.memberEvent(m, size, floor, "kick-member")
		m.c.mu.Lock()
		m.kicked = true
		m.c.mu.Unlock()
		m.c.changed()
	}
}

// Conference lists the UUIDs of the members of a conference.
func (s *Switch) Conference(name string) []string {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	r := s.rooms.byName[name]
	if r == nil {
		return nil
	}
	list := make([]string, 0, len(r.members))
	for _, m := range r.members {
		list = append(list, m.c.uuid)
	}
	return list
}

func (r *room) headers(size int) []wire.Header {
	return []wire.Header{
		{Name: "Conference-Name", Value: r.name}, {Name: "Conference-Domain", Value: "127.0.0.1"},
		{Name: "Conference-Size", Value: strconv.Itoa(size)}, {Name: "Conference-Ghosts", Value: "0"},
		{Name: "Conference-Profile-Name", Value: r.profile}, {Name: "Conference-Unique-ID", Value: r.uuid},
	}
}

// headers are a member's: the floor, the channel's data, what it may do.
func (m *member) headers(floor bool) []wire.Header {
	h := []wire.Header{{Name: "Floor", Value: strconv.FormatBool(floor)}}
	m.c.mu.Lock()
	h = m.c.appendData(h, false)
	m.c.mu.Unlock()
	return append(h,
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
	e.Headers = append(append(e.Headers, m.room.headers(size)...), m.headers(floor)...)
	e.Headers = append(e.Headers, wire.Header{Name: "Action", Value: action})
	s.bus.fire(e, "CUSTOM", m.c.uuid, maintenance)
}

// floorEvent repeats the room's headers, as the real one does.
func (s *Switch) floorEvent(m *member, size int) {
	e := s.newMaintenance("conference_member_set_floor_holder")
	e.Headers = append(e.Headers, m.room.headers(size)...)
	e.Headers = append(e.Headers, wire.Header{Name: "Action", Value: "floor-change"}, wire.Header{Name: "Old-ID", Value: "none"})
	e.Headers = append(append(e.Headers, m.room.headers(size)...), m.headers(true)...)
	e.Headers = append(e.Headers, wire.Header{Name: "New-ID", Value: strconv.Itoa(m.id)})
	s.bus.fire(e, "CUSTOM", m.c.uuid, maintenance)
}

func (s *Switch) roomEvent(r *room, size int, action string) {
	e := s.newMaintenance("conference_new")
	e.Headers = append(append(e.Headers, r.headers(size)...), wire.Header{Name: "Action", Value: action})
	s.bus.fire(e, "CUSTOM", "", maintenance)
}
