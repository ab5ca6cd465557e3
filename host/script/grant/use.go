package grant

import (
	"fmt"
	"strings"
)

// A use is neither a command nor an application and needs a grant of its own. Its name
// has two words and stands under apps: its kind and what it is of that kind.
//
//	event notify     an event that is fired
//	file http        a format of files, or what a path asks of one
//	dialplan lua     a dialplan
//	variable NAME    a variable with a value that FreeSWITCH would act on
//	hear dtmf        an event of the whole switch that a script gets
//	text later       a text that FreeSWITCH would read in its own way

// use checks one. Only these two words grant it, because the first alone may be the
// name of an application.
func (c check) use(kind, name string, why reason, where string) error {
	name, rule := useName(kind, name), &c.grants.Apps
	if rule.judge(name, "") == granted {
		return nil
	}
	return refused(Use, name, where, why, rule)
}

func useName(kind, name string) string {
	return kind + " " + strings.ToLower(strings.Join(strings.Fields(name), "_"))
}

// may reports whether a use is granted.
func (c check) may(use string) bool { return c.grants.Apps.judge(use, "") == granted }

// unclear checks a text that FreeSWITCH may read in another way than it is read here.
func (c check) unclear(form, what, where string) error {
	name, rule := useName("text", form), &c.grants.Apps
	if rule.judge(name, "") == granted {
		return nil
	}
	return &RefusedError{Kind: Use, Name: name, Where: where, text: fmt.Sprintf(
		"the use %q is not granted to this flow: %s, so it cannot be checked; write it more simply, or, %s", name, what, rule.toGrant(Use, name))}
}
