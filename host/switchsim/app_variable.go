package switchsim

import "strings"

// setApp is set and its kin: name=value, an empty value removes.
func setApp(c *channel, arg string) {
	name, value := assignment(arg)
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

// multisetApp takes several, separated by blanks or, with ^^X, by X.
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
		return separate(arg[3:], arg[2], 256)
	}
	return separate(arg, ' ', 256)
}

// exportApp sets a variable and has B legs inherit it; nolocal: only them.
func exportApp(c *channel, arg string) {
	name, value := assignment(arg)
	local := true
	if rest, ok := strings.CutPrefix(name, "nolocal:"); ok {
		name, local = rest, false
	}
	if name == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if local {
		c.vars.set(name, value)
	} else {
		c.vars.set("nolocal:"+name, value)
	}
	exports := c.vars.get("export_vars")
	for _, e := range strings.Split(exports, ",") {
		if e == name {
			return
		}
	}
	if exports != "" {
		exports += ","
	}
	c.vars.set("export_vars", exports+name)
}

func pushApp(c *channel, arg string) {
	name, value := assignment(arg)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vars.push(name, value)
}

func setGlobalApp(c *channel, arg string) {
	name, value := assignment(arg)
	c.sw.setGlobal(name, value)
}

func (s *Switch) setGlobal(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == "" {
		delete(s.globals, name)
		return
	}
	s.globals[name] = value
}
