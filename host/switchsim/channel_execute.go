package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// application is one dialplan application.
type application struct {
	run func(c *channel, arg string)
	// noMedia: runs without media (SAF_SUPPORT_NOMEDIA); others pre-answer an
	// inbound channel or wait for an outbound one's media first.
	noMedia bool
	// zombie: runs on a channel that is hung up (SAF_ZOMBIE_EXEC).
	zombie bool
}

// maxDepth is how deep applications may nest (SWITCH_MAX_STACKS).
const maxDepth = 32

// execute runs an application in the owner's goroutine and reports whether it
// ran (switch_core_session_execute_application_get_flags).
func (c *channel) execute(name, arg string) bool {
	app, ok := c.sw.apps[strings.ToLower(name)]
	if c.down() {
		if ok && app.zombie {
			c.perform(strings.ToLower(name), arg, app)
		}
		return ok && app.zombie
	}
	if !ok {
		c.trace(WhoSwitch, "error", "Invalid Application "+name)
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return false
	}
	if !app.noMedia && !c.mediaUp() && !c.waitForMedia() {
		return false
	}
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxDepth {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return false
	}
	c.perform(strings.ToLower(name), arg, app)
	return true
}

// waitForMedia pre-answers an inbound channel and gives an outbound one two
// seconds to get media.
func (c *channel) waitForMedia() bool {
	if c.direction == inbound {
		c.preAnswer()
		return c.mediaUp()
	}
	return c.pause(pause{d: 2 * time.Second, deafToBreak: true, stop: c.mediaUp}) == stopped
}

// perform is switch_core_session_exec: expansion, scope variables, the two
// events around the application.
func (c *channel) perform(name, arg string, app application) {
	id := c.get("app_uuid")
	idName := c.get("app_uuid_name")
	c.set("app_uuid", "")
	c.set("app_uuid_name", "")
	if id == "" {
		id = c.sw.newUUID()
	}
	if !truth(c.get("app_disable_expand_variables")) {
		arg = c.expand(arg)
		if strings.HasPrefix(arg, "%[") {
			if vars, rest, ok := brackets(arg[1:], '[', ']'); ok {
				arg = rest
				c.mu.Lock()
				before := c.scope
				c.scope = append(vars, before...)
				c.mu.Unlock()
				defer func() { c.mu.Lock(); c.scope = before; c.mu.Unlock() }()
			}
		}
	}
	c.enter(name, arg)
	defer c.leave()
	c.mu.Lock()
	c.vars.set("current_application", name)
	c.vars.set("current_application_data", arg)
	c.vars.set("current_application_response", "")
	c.mu.Unlock()
	c.fire("CHANNEL_EXECUTE", executeHeaders(name, arg, "", id, idName)...)
	c.mu.Lock()
	c.broken = false
	c.vars.set("current_application", name)
	c.mu.Unlock()
	c.trace(WhoSwitch, "execute", strings.TrimSpace(name+" "+arg))
	c.sw.faultInApp(c, name)

	app.run(c, arg)

	response := c.get("current_application_response")
	if response == "" {
		response = "_none_"
	}
	c.trace(WhoSwitch, "complete", name+": "+response)
	c.fire("CHANNEL_EXECUTE_COMPLETE", executeHeaders(name, arg, response, id, idName)...)
}

func executeHeaders(name, arg, response, id, idName string) []wire.Header {
	h := append(make([]wire.Header, 0, 5), wire.Header{Name: "Application", Value: name})
	if arg != "" {
		h = append(h, wire.Header{Name: "Application-Data", Value: arg})
	}
	if response != "" {
		h = append(h, wire.Header{Name: "Application-Response", Value: response})
	}
	h = append(h, wire.Header{Name: "Application-UUID", Value: id})
	if idName != "" {
		h = append(h, wire.Header{Name: "Application-UUID-Name", Value: idName})
	}
	return h
}

// respond sets what Application-Response will say.
func (c *channel) respond(text string) { c.set("current_application_response", text) }

func (c *channel) expand(s string) string {
	return expand(s, c.lookup, func(cmd, args string) string { return c.sw.runAPI(cmd, args, c) })
}

func (c *channel) lookup(name string) string {
	if v := c.get(name); v != "" {
		return v
	}
	return c.sw.global(name)
}

// enter and leave keep what runs, for show channels and scripted people.
func (c *channel) enter(app, arg string) {
	c.mu.Lock()
	st := start{app: app, arg: arg, at: c.sw.clk.Now()}
	c.apps = append(c.apps, st)
	if c.scripted {
		c.starts = append(c.starts, st)
	}
	c.mu.Unlock()
	c.changed()
}

func (c *channel) leave() {
	c.mu.Lock()
	c.apps = c.apps[:len(c.apps)-1]
	c.mu.Unlock()
}

// runningApp is the innermost application.
func (c *channel) runningApp() (start, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.apps) == 0 {
		return start{}, false
	}
	return c.apps[len(c.apps)-1], true
}

// splitApp splits "app data" as execute_on_* variables have it.
func splitApp(s string) (app, arg string) {
	s = strings.TrimSpace(s)
	if app, arg, ok := strings.Cut(s, "::"); ok && !strings.Contains(app, " ") {
		return app, arg
	}
	app, arg, _ = strings.Cut(s, " ")
	return app, arg
}

// runZombies gives messages that were queued when the channel was hung up to
// the applications that can run then.
func (c *channel) runZombies() {
	for c.runQueued() {
		continue
	}
}

func loopsOf(cmd *wire.Command) int {
	if v := cmd.Get("loops"); v != "" {
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return 1
}
