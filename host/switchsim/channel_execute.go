package switchsim

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// maxDepth limits the nesting of applications (SWITCH_MAX_STACKS).
const maxDepth = 32

// execute runs an application in the owner's goroutine and reports whether it
// ran (switch_core_session_execute_application_get_flags).
func (c *channel) execute(name, arg string) bool {
	name = strings.ToLower(name)
	app, ok := c.sw.apps[name]
	if c.awaitHangup() {
		if app.afterHangup {
			c.perform(name, arg, app)
		}
		return app.afterHangup
	}
	if !ok {
		c.trace(WhoSwitch, "error", "Invalid Application "+name)
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return false
	}
	if app.needsMedia && !c.hasMedia() && !c.waitForMedia() {
		return false
	}
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxDepth {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return false
	}
	c.perform(name, arg, app)
	return true
}

// waitForMedia pre-answers an inbound channel and gives an outbound one two
// seconds to get media.
func (c *channel) waitForMedia() bool {
	if c.direction == inbound {
		c.preAnswer()
		return c.hasMedia()
	}
	return c.await(wait{limit: 2 * time.Second, ignoreBreak: true, until: c.hasMedia}) == conditionMet
}

// perform expands the argument, sets scope variables and fires the two events
// around the application (switch_core_session_exec).
func (c *channel) perform(name, arg string, app application) {
	id, idName := c.get("app_uuid"), c.get("app_uuid_name")
	c.setAll([][2]string{{"app_uuid", ""}, {"app_uuid_name", ""}})
	if id == "" {
		id = c.sw.newUUID()
	}
	if !text.True(c.get("app_disable_expand_variables")) {
		arg = c.expand(arg)
		if strings.HasPrefix(arg, "%[") {
			if vars, rest, ok := text.Brackets(arg[1:], '[', ']'); ok {
				arg = rest
				outer := load(&c.mu, &c.scope)
				swap(&c.mu, &c.scope, append(vars, outer...))
				defer swap(&c.mu, &c.scope, outer)
			}
		}
	}
	c.started(start{app: name, arg: arg})
	defer c.finished()
	c.setAll([][2]string{{"current_application", name}, {"current_application_data", arg}, {"current_application_response", ""}})
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
	c.fire("CHANNEL_EXECUTE_COMPLETE", executeHeaders(name, arg, response, id, idName)...)
	c.trace(WhoSwitch, "complete", name+": "+response) // whoever waits for it has the event behind it
}

func executeHeaders(name, arg, response, id, idName string) []wire.Header {
	h := append(make([]wire.Header, 0, 5), wire.Header{Name: "Application", Value: name})
	for _, x := range []wire.Header{{Name: "Application-Data", Value: arg}, {Name: "Application-Response", Value: response},
		{Name: "Application-UUID", Value: id}, {Name: "Application-UUID-Name", Value: idName}} {
		if x.Value != "" {
			h = append(h, x)
		}
	}
	return h
}

// respond sets the Application-Response of the running application.
func (c *channel) respond(response string) { c.set("current_application_response", response) }

func (c *channel) expand(s string) string {
	lookup := func(name string) string {
		if v := c.get(name); v != "" {
			return v
		}
		return c.sw.global(name)
	}
	return text.Expand(s, lookup, func(cmd, args string) string { return c.sw.runAPI(cmd, args, c) })
}

// started records an application or a path, for show channels and scripted people.
func (c *channel) started(st start) {
	c.mu.Lock()
	if st.path == "" {
		c.apps = append(c.apps, st)
	}
	if c.scripted {
		c.starts = append(c.starts, st)
	}
	c.mu.Unlock()
	c.changed()
}

// finished removes the innermost application.
func (c *channel) finished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.apps = c.apps[:len(c.apps)-1]
}

// splitApp splits "app data" or "app::data", as the execute_on_* variables have it.
func splitApp(s string) (app, arg string) {
	s = strings.TrimSpace(s)
	if app, arg, ok := strings.Cut(s, "::"); ok && !strings.Contains(app, " ") {
		return app, arg
	}
	app, arg, _ = strings.Cut(s, " ")
	return app, arg
}
