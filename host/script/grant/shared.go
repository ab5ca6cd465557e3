package grant

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// Conferences, queues, parking lots and mailboxes are shared with other people, who
// have no channel there that a script would name. Without a grant a script looks at
// them, and its own call joins them as anybody may.

// named checks a use of a name that only the configuration can permit: not the
// table, which permits the name in other forms. What follows the name is the conference,
// or the form, that is granted with it.
func (c check) named(kind, name, of string, why reason, where string) error {
	rule, full := c.grants.rule(kind), strings.TrimSpace(useName(name, of))
	if rule.judge(name, "") == granted || rule.judge(full, "") == granted {
		return nil
	}
	return refused(kind, full, where, why, rule)
}

// Subcommands that only read.
var (
	conferenceReading = set(`chkrecord count get get-uuid getvar json_list list play_status xml_list`)
	conferenceLists   = set(`count json_list list xml_list`)           // in the place of a conference's name
	conferenceForms   = set(`compact count delim list pretty summary`) // after those
	callcenterReading = set(`count get list`)
)

// conference checks the argument of conference. Its first word is a conference's
// name, if there is one of that name (conference_api.c:conference_api_main_real).
// Its subcommand transfer makes an inline extension of the conference that it names
// (conference_api.c:conference_api_sub_transfer).
func (c check) conference(arg, where string) error {
	w := syntax.Split(arg, ' ', c.wordLimit(25))
	for i, word := range w {
		if strings.EqualFold(word, "transfer") {
			if err := c.listed(strings.Join(w[i+1:], " "), where); err != nil {
				return err
			}
		}
	}
	if strings.HasPrefix(strings.ToLower(wordAt(w, 1)), "record") {
		if err := c.recorded(arg, where); err != nil {
			return err
		}
	}
	if err := c.dial(arg); err != nil {
		return err
	}
	room, command := strings.ToLower(wordAt(w, 0)), strings.ToLower(wordAt(w, 1))
	reads := command == "" || conferenceReading[command] || conferenceLists[room] && conferenceForms[command]
	if reads && (!c.unquoted || len(w) <= 2) { // quotes may have been around several words
		return nil
	}
	return c.named(APICommand, "conference", room, others, where)
}

// callcenter checks the argument of callcenter_config.
func (c check) callcenter(arg, where string) error {
	if err := c.dial(arg); err != nil {
		return err
	}
	w := syntax.Split(arg, ' ', c.wordLimit(8))
	if len(w) < 2 || callcenterReading[strings.ToLower(w[1])] {
		return nil
	}
	return c.named(APICommand, "callcenter_config", w[0], others, where)
}

// enter checks the argument of the application conference: room@profile+pin+flags{...}
// or bridge:room@profile:dial string. A pin in it replaces that of a conference which
// exists, and some members can end it or are its moderators.
func (c check) enter(data, where string) error {
	if err := c.dial(data); err != nil {
		return err
	}
	if strings.HasPrefix(strings.ToLower(data), "bridge:") {
		c.legs(data)
	}
	room, flags, _ := strings.Cut(data, "+flags{")
	flags, _, _ = strings.Cut(flags, "}")
	if len(room) > 7 && strings.EqualFold(room[:7], "bridge:") {
		room, _, _ = strings.Cut(room[7:], ":")
	}
	if strings.Contains(room, "+") {
		return c.named(Application, "conference", "pin", others, where)
	}
	return c.memberFlags(flags, where)
}

// tame lists the flags of a member that concern this member alone
// (conference_utils.c:conference_utils_set_mflags).
var tame = set(`blind deaf dist-dtmf flip-video ghost join-only mute mute-detect no-minimize-encoding no-positional
	no-video-blanks nomoh positional second-screen skip-dtmf talk-data-events vmute`)

// memberFlags checks flags that are separated by | or commas. In a list of variables
// other variables may follow them.
func (c check) memberFlags(flags, where string) error {
	for flags != "" {
		end := nameEnd(flags)
		flag, rest := strings.ToLower(flags[:end]), flags[end:]
		if strings.HasPrefix(rest, "=") {
			return nil // the next variable
		}
		if !tame[flag] {
			return c.named(Application, "conference", flag, others, where)
		}
		if rest == "" || rest[0] != '|' && rest[0] != ',' {
			return nil
		}
		flags = rest[1:]
	}
	return nil
}

// queue checks the argument of fifo: a channel that takes calls out of a queue takes
// other people's.
func (c check) queue(data, where string) error {
	if err := c.dial(data); err != nil {
		return err
	}
	w := syntax.Split(data, ' ', c.wordLimit(8))
	if len(w) < 2 || strings.EqualFold(w[1], "in") {
		return nil
	}
	return c.named(Application, "fifo", "out", others, where)
}

// valet checks the argument of valet_park. Only "LOT auto in" is sure to park the
// call; the other forms connect it with a call that is parked
// (mod_valet_parking.c:valet_parking_function).
func (c check) valet(data, where string) error {
	if err := c.listed(data, where); err != nil {
		return err
	}
	w := syntax.Split(data, ' ', c.wordLimit(6))
	if len(w) < 2 || strings.EqualFold(w[1], "auto") && strings.EqualFold(wordAt(w, 2), "in") {
		return nil
	}
	return c.named(Application, "valet_park", "out", others, where)
}

// mailbox checks the argument of voicemail, of which "auth" in front asks for no
// password (mod_voicemail.c:voicemail_function).
func (c check) mailbox(data, where string) error {
	w := syntax.Split(data, ' ', c.wordLimit(6))
	flags := 0
	for flags < len(w) && (strings.EqualFold(w[flags], "check") || strings.EqualFold(w[flags], "auth_only")) {
		flags++
	}
	isAuth := func(word string) bool { return strings.EqualFold(word, "auth") }
	if flags < len(w) && isAuth(w[flags]) || c.unquoted && slices.ContainsFunc(w, isAuth) {
		return c.named(Application, "voicemail", "auth", others, where)
	}
	if strings.ContainsAny(data, `'"\\`) { // which stand in a query (mod_voicemail.c:voicemail_check_main)
		if err := c.named(Application, "voicemail", "quoted", injects, where); err != nil {
			return err
		}
	}
	return c.dial(data)
}

// group checks the argument of group, action:group:dial string. What is in a group rings
// for everybody who calls it (mod_db.c:group_function).
func (c check) group(kind, data, where string) error {
	if err := c.dial(data); err != nil {
		return err
	}
	action := strings.ToLower(wordAt(syntax.Split(data, ':', c.wordLimit(3)), 0))
	if action != "insert" && action != "delete" && !c.unquoted {
		return nil
	}
	bare := strings.ToLower(stripQuotes(data))
	for _, change := range []string{"insert", "delete"} {
		if action == change || c.unquoted && strings.Contains(bare, change+":") {
			return c.named(kind, "group", change, others, where)
		}
	}
	return nil
}
