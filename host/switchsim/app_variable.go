package switchsim

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// setApp runs "name=value"; an empty value removes the variable. The value is expanded once
// more (mod_dptools.c:base_set).
func setApp(c *channel, arg string) {
	name, value := assignment(arg)
	value = c.expand(value)
	if value == "_undef_" {
		value = ""
	}
	if name != "" {
		c.set(name, value)
	}
}

// assignment splits name=value.
func assignment(arg string) (name, value string) {
	name, value, _ = strings.Cut(arg, "=")
	return strings.TrimSpace(name), strings.TrimLeft(value, " ")
}

// multisetApp sets several variables, separated by blanks or, after ^^X, by X.
func multisetApp(c *channel, arg string) {
	for _, item := range multiple(arg) {
		setApp(c, item)
	}
}

func multiunsetApp(c *channel, arg string) {
	for _, name := range multiple(arg) {
		c.set(name, "")
	}
}

func multiple(arg string) []string {
	if strings.HasPrefix(arg, "^^") && len(arg) > 2 {
		return text.Split(arg[3:], arg[2], 256)
	}
	return text.Split(arg, ' ', 256)
}

// exportApp sets a variable and has B legs inherit it; with nolocal: only they
// have it.
func exportApp(c *channel, arg string) {
	name, value := assignment(arg)
	if name == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.set(name, value) // with its prefix, if it is not for this channel
	exports := c.vars.get("export_vars")
	switch {
	case exports == "":
		c.vars.set("export_vars", name)
	case !slices.Contains(strings.Split(exports, ","), name):
		c.vars.set("export_vars", exports+","+name)
	}
}

// pushApp runs "name=item".
func pushApp(c *channel, arg string) { c.push(assignment(arg)) }

func setGlobalApp(c *channel, arg string) {
	name, value := assignment(arg)
	c.sw.setGlobal(name, value)
}

// setProfileVarApp runs "name=value": it changes a field of the caller profile.
func setProfileVarApp(c *channel, arg string) {
	name, value, _ := strings.Cut(arg, "=")
	c.mu.Lock()
	defer c.mu.Unlock()
	p := *c.caller
	if f := p.field(strings.ToLower(name)); f != nil {
		*f = value
	}
	c.caller = &p
}
