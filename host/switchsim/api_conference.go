package switchsim

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// conferenceAPI is "list" and "<name> list|kick|mute|unmute|play ...".
func conferenceAPI(s *Switch, args string, _ *channel) string {
	argv := strings.Fields(args)
	if len(argv) == 0 {
		return usage("<confname> list|kick|mute|unmute ...")
	}
	if strings.EqualFold(argv[0], "list") {
		return s.listRooms(arrayAt(argv, 1) == "count")
	}
	s.rooms.mu.Lock()
	r := s.rooms.byName[argv[0]]
	var members []*member
	if r != nil {
		members = append(members, r.members...)
	}
	s.rooms.mu.Unlock()
	if r == nil {
		return "-ERR Conference " + argv[0] + " not found\n"
	}
	switch cmd := arrayAt(argv, 1); cmd {
	case "", "list":
		if arrayAt(argv, 2) == "count" {
			return strconv.Itoa(len(members))
		}
		return s.listMembers(r, members)
	case "kick", "hup", "mute", "unmute":
		return s.roomCommand(cmd, members, arrayAt(argv, 2))
	case "play", "say", "saymember", "record", "norecord", "lock", "unlock", "pin", "nopin":
		return "+OK\n"
	default:
		return "-ERR Conference command '" + cmd + "' not found.\n"
	}
}

func (s *Switch) listRooms(count bool) string {
	s.rooms.mu.Lock()
	list := make([]*room, 0, len(s.rooms.byName))
	for _, r := range s.rooms.byName {
		list = append(list, r)
	}
	s.rooms.mu.Unlock()
	if len(list) == 0 {
		return "+OK No active conferences.\n"
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	var b strings.Builder
	for _, r := range list {
		s.rooms.mu.Lock()
		members := append([]*member(nil), r.members...)
		s.rooms.mu.Unlock()
		plural := "s"
		if len(members) == 1 {
			plural = ""
		}
		fmt.Fprintf(&b, "+OK Conference %s (%d member%s rate: 8000 flags: running|answered|enforce_min|dynamic|exit_sound|enter_sound|json_status)\n",
			r.name, len(members), plural)
		if !count {
			b.WriteString(s.listMembers(r, members))
		}
	}
	return b.String()
}

func (s *Switch) listMembers(r *room, members []*member) string {
	var b strings.Builder
	for _, m := range members {
		s.rooms.mu.Lock()
		flags := "hear"
		if !m.muted.Load() {
			flags += "|speak"
		}
		if r.floor == m {
			flags += "|floor"
		}
		s.rooms.mu.Unlock()
		m.c.mu.Lock()
		fmt.Fprintf(&b, "%d;%s;%s;%s;%s;%s;0;0;100\n", m.id, m.c.name, m.c.uuid, m.c.caller.cidName, m.c.caller.cidNumber, flags)
		m.c.mu.Unlock()
	}
	return b.String()
}

// roomCommand acts on one member by id, on "all" or on the "last".
func (s *Switch) roomCommand(cmd string, members []*member, who string) string {
	switch {
	case who == "last" && len(members) > 0:
		members = members[len(members)-1:]
	case who != "all" && who != "last":
		var one []*member
		for _, m := range members {
			if strconv.Itoa(m.id) == who {
				one = append(one, m)
			}
		}
		if len(one) == 0 {
			return "-ERR Non-Existant ID " + who + "\n"
		}
		members = one
	}
	done := map[string]string{"kick": "kicked", "hup": "hup", "mute": "mute", "unmute": "unmute"}[cmd]
	var b strings.Builder
	for _, m := range members {
		fmt.Fprintf(&b, "+OK %s %d\n", done, m.id)
	}
	if cmd == "kick" || cmd == "hup" {
		s.kick(members)
		return b.String()
	}
	for _, m := range members {
		m.muted.Store(cmd == "mute")
	}
	return b.String()
}
