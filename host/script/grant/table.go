package grant

import "strings"

// A row of a table says the same of several names. FreeSWITCH's source decides
// where a name belongs: source_test.go demands a row for every name that it
// registers, and a grammar (api.go, app.go) or a note for each permitted one that
// calls a function that executes, transfers or expands.
type row struct {
	why   reason // why the names need a grant; "" if they need none
	note  string // why a permitted name is harmless although it calls such a function
	names string // separated by blanks; a command's first argument follows it as in sofia/profile
}

// A reason says why a name needs a grant: "it ...".
type reason string

const (
	program   reason = "runs a program or a script on the switch"
	anyFile   reason = "reads or writes any file of the switch"
	module    reason = "loads, unloads or configures parts of the switch"
	control   reason = "steers the whole switch"
	others    reason = "acts on other people's calls and data"
	secret    reason = "shows passwords or the configuration of the switch"
	escape    reason = "hands the call or the commands to a program without these grants"
	network   reason = "asks any server that FreeSWITCH's machine reaches, its event socket among them"
	received  reason = "does what the other side of the call sends"
	crashes   reason = "can crash the switch"
	unread    reason = "does more than eslua can check"
	unknown   reason = "is not among those that eslua knows"
	obeyed    reason = "makes FreeSWITCH act on other people's calls, phones or configuration"
	holds     reason = "holds a thread of the switch for as long as it says"
	repeats   reason = "goes on after the call, for ever"
	written   reason = "names a file or a directory that the switch then writes or deletes"
	injects   reason = "would become a part of a query or of a line of call records"
	elsewhere reason = "names a channel that is not this script's own"
)

// A table says of each name why it needs a grant; "" means that it needs none.
type table map[string]reason

func tableOf(rows []row) table {
	t := table{}
	for _, r := range rows {
		for _, name := range strings.Fields(r.names) {
			t[strings.ReplaceAll(name, "/", " ")] = r.why
		}
	}
	return t
}

// need returns the name under which a use is granted, the name alone or with the
// first word of its argument, and why it needs a grant.
func (t table) need(name, first string) (string, reason) {
	if why, ok := t[name+" "+first]; ok && first != "" {
		return name + " " + first, why
	}
	why, ok := t[name]
	switch {
	case !ok:
		why = unknown
	case why != "" && first != "" && t.bySubcommand(name):
		name += " " + first
	}
	return name, why
}

// bySubcommand lists the commands whose first argument decides.
func (t table) bySubcommand(name string) bool {
	for entry := range t {
		if strings.HasPrefix(entry, name+" ") {
			return true
		}
	}
	return false
}
