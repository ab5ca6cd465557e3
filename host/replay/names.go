package replay

import (
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/conversation"
)

// names says what the recording calls by another name: eslua makes ids, which are others
// each time.
type names struct {
	ours     map[string]string // by the recording's name
	replacer *strings.Replacer
}

func newNames() names {
	n := names{ours: map[string]string{}}
	n.build()
	return n
}

func (n *names) learn(theirs, ours string) {
	n.ours[theirs] = ours
	n.build()
}

func (n *names) build() {
	var pairs []string
	for theirs, ours := range n.ours {
		if theirs != ours && theirs != "" {
			pairs = append(pairs, theirs, ours)
		}
	}
	n.replacer = strings.NewReplacer(pairs...)
}

func (n *names) replace(text string) string { return n.replacer.Replace(text) }

func (n *names) rewrite(frame string, keys func(from, to int) string) string {
	return conversation.Rewrite(frame, keys, n.replacer)
}

var (
	id   = conversation.ID
	keys = regexp.MustCompile(`<keys \d+-\d+>`)
	// own finds the values of variables that eslua keeps for itself: they tell other hosts
	// where a call is, at what time.
	own = regexp.MustCompile(`(eslua_(?:checkpoint|claim|held)\w*)[= ]\S*`)
)

// plain returns a text without what differs each time.
func plain(text string) string {
	return own.ReplaceAllString(keys.ReplaceAllString(id.ReplaceAllString(text, "id"), "keys"), "$1")
}

// matches reports whether a command is the recorded one but for ids, whose names it learns.
func (n *names) matches(want, sent string) bool {
	if want == sent {
		return true
	}
	if plain(want) != plain(sent) {
		return false
	}
	theirs, ours := id.FindAllString(want, -1), id.FindAllString(sent, -1)
	if len(theirs) != len(ours) {
		return true
	}
	learned := false
	for i := range theirs {
		if theirs[i] != ours[i] {
			n.ours[theirs[i]] = ours[i]
			learned = true
		}
	}
	if learned {
		n.build()
	}
	return true
}
