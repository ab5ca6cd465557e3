package node

import (
	"fmt"
	"strings"
)

// core names the FreeSWITCH of the tests.
const (
	core      = "a816de5e-dd00-4676-ad5e-3df344958d3a"
	otherCore = "b927ef6f-ee11-4787-be6f-4ef455a69e4b"
)

func reply(text string) string {
	return "Content-Type: command/reply\nReply-Text: " + text + "\n\n"
}

func apiResponse(body string) string {
	return fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body)
}

func event(headers ...string) string {
	body := strings.Join(headers, "\n") + "\n\n"
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(body), body)
}

func notice(body string) string {
	return fmt.Sprintf("Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%s", len(body), body)
}

func beat(core string, interval int) string {
	return event("Event-Name: HEARTBEAT", "Core-UUID: "+core, fmt.Sprint("Heartbeat-Interval: ", interval))
}
