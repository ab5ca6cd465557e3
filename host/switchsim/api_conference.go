package switchsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// conferenceAPI runs "list" and "<name> list|kick|mute|unmute|play ...".
func conferenceAPI(s *Switch, args string, _ *channel) string {
	argv := strings.Fields(args)
	if len(argv) == 0 {
		return usage("<confname> list|kick|mute|unmute ...")
	}
	if strings.EqualFold(argv[0], "list") {
		return s.listConferences(nth(argv, 1) == "count")
	}
	conf, members, floor := s.conferences.members(argv[0])
	if conf == nil {
		return "-ERR Conference " + argv[0] + " not found\n"
	}
	switch command := nth(argv, 1); command {
	case "", "list":
		if nth(argv, 2) == "count" {
			return strconv.Itoa(len(members))
		}
		return listMembers(members, floor)
	case "kick", "hup", "mute", "unmute":
		return s.memberCommand(command, members, nth(argv, 2))
	case "play", "say", "saymember", "record", "norecord", "lock", "unlock", "pin", "nopin":
		return "+OK\n"
	default:
		return "-ERR Conference command '" + command + "' not found.\n"
	}
}

func (s *Switch) listConferences(onlyCount bool) string {
	var b strings.Builder
	for _, name := range s.conferences.names() {
		_, members, floor := s.conferences.members(name)
		plural := "s"
		if len(members) == 1 {
			plural = ""
		}
		fmt.Fprintf(&b, "+OK Conference %s (%d member%s rate: 8000 flags: running|answered|enforce_min|dynamic|exit_sound|enter_sound|json_status)\n",
			name, len(members), plural)
		if !onlyCount {
			b.WriteString(listMembers(members, floor))
		}
	}
	if b.Len() == 0 {
		return "+OK No active conferences.\n"
	}
	return b.String()
}

func listMembers(members []*member, floor *member) string {
	var b strings.Builder
	for _, m := range members {
		flags := "hear"
		if !m.muted.Load() {
			flags += "|speak"
		}
		if m == floor {
			flags += "|floor"
		}
		m.c.mu.Lock()
		fmt.Fprintf(&b, "%d;%s;%s;%s;%s;%s;0;0;100\n", m.id, m.c.name, m.c.uuid, m.c.caller.cidName, m.c.caller.cidNumber, flags)
		m.c.mu.Unlock()
	}
	return b.String()
}

// memberCommand acts on the member with that id, on "all" or on the "last".
func (s *Switch) memberCommand(command string, members []*member, which string) string {
	switch {
	case which == "last" && len(members) > 0:
		members = members[len(members)-1:]
	case which != "all" && which != "last":
		i := slices.IndexFunc(members, func(m *member) bool { return strconv.Itoa(m.id) == which })
		if i < 0 {
			return "-ERR Non-Existant ID " + which + "\n" // sic
		}
		members = members[i : i+1]
	}
	done := command
	if command == "kick" {
		done = "kicked"
	}
	var b strings.Builder
	for _, m := range members {
		fmt.Fprintf(&b, "+OK %s %d\n", done, m.id)
		if command == "mute" || command == "unmute" {
			m.muted.Store(command == "mute")
		}
	}
	if command == "kick" || command == "hup" {
		s.kick(members)
	}
	return b.String()
}
