package switchsim

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// eventApp fires an event with the headers of "name=value,name=value".
func eventApp(c *channel, arg string) {
	var headers []wire.Header
	subclass, name := "", "CHANNEL_APPLICATION"
	for _, item := range text.Split(arg, ',', 64) {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case !ok:
		case strings.EqualFold(key, "Event-Name"):
			name, _ = bus.EventName(value)
		case strings.EqualFold(key, "Event-Subclass"):
			subclass, name = value, "CUSTOM"
		default:
			headers = append(headers, wire.Header{Name: key, Value: value})
		}
	}
	e := c.event(name, nil, headers)
	if subclass != "" {
		e.Headers = slices.Insert(e.Headers, 0, wire.Header{Name: "Event-Subclass", Value: subclass})
	}
	c.sw.bus.Fire(e, name, c.uuid, subclass)
	for _, h := range headers { // mod_event_socket.c:event_handler
		if h.Name == "Job-Owner-UUID" && h.Value != c.uuid {
			c.sw.bus.Offer(e, name, h.Value, subclass)
		}
	}
}

// infoApp logs a line in place of the channel's data.
func infoApp(c *channel, _ string) {
	c.sw.logLine(c.uuid, "INFO CHANNEL_DATA: "+c.currentName())
}
