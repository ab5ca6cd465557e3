package switchsim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// Dialplan maps a context to its extensions, which are tried in order.
type Dialplan map[string][]Extension

// Extension says which actions a destination number runs.
type Extension struct {
	// Match is the number itself, or a regular expression if it begins with "^";
	// its groups are $1, $2 ... in the actions' data.
	Match   string
	Actions []Action
}

// An Action runs one dialplan application.
type Action struct{ App, Data string }

// SetExtension adds an extension, or replaces the one with the same Match.
func (s *Switch) SetExtension(context string, e Extension) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialplan[context] = replace(s.dialplan[context], e, func(x Extension) bool { return x.Match == e.Match })
}

// replace returns a copy of the list with x instead of the item that is the same,
// or at the end.
func replace[T any](list []T, x T, same func(T) bool) []T {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = x
		return list
	}
	return append(list, x)
}

// route finds the actions that a destination runs. The inline dialplan spells
// them out, any other is looked up in Config.Dialplan.
func (c *channel) route(dialplan, context, destination string) ([]Action, bool) {
	c.trace(WhoSwitch, "route", destination+" in "+context)
	if strings.EqualFold(dialplan, "inline") {
		return inlineActions(destination), true
	}
	for _, e := range c.sw.extensions(context) {
		groups, ok := e.match(destination)
		if !ok {
			continue
		}
		if groups != nil {
			c.set("DP_MATCH", "ARRAY::"+strings.Join(groups, "|:"))
		}
		actions := make([]Action, len(e.Actions))
		for i, a := range e.Actions {
			actions[i] = Action{a.App, substitute(a.Data, groups)}
		}
		return actions, true
	}
	return nil, false
}

func (s *Switch) extensions(context string) []Extension {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialplan[context]
}

// match compares a destination; groups are $0, $1 ... of a regular expression.
func (e *Extension) match(destination string) (groups []string, ok bool) {
	if !strings.HasPrefix(e.Match, "^") {
		return nil, e.Match == destination
	}
	re, err := regexp.Compile(e.Match)
	if err != nil {
		return nil, false
	}
	groups = re.FindStringSubmatch(destination)
	return groups, groups != nil
}

// substitute replaces $1, $2 ... with the groups.
func substitute(data string, groups []string) string {
	for i := len(groups) - 1; i > 0; i-- {
		data = strings.ReplaceAll(data, fmt.Sprintf("$%d", i), groups[i])
	}
	return data
}

// inlineActions parses "app:data,app:data"; "m:^:" changes the separator
// (mod_dptools.c:inline_dialplan_hunt).
func inlineActions(s string) []Action {
	delim := byte(',')
	if strings.HasPrefix(s, "m:") && len(s) > 3 && s[3] == ':' {
		delim, s = s[2], s[4:]
	}
	var actions []Action
	for _, item := range text.Split(s, delim, 128) {
		app, data, _ := strings.Cut(item, ":")
		if app = strings.TrimLeft(app, " "); app != "" {
			actions = append(actions, Action{app, data})
		}
	}
	return actions
}
