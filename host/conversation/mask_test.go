package conversation

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

// TestMask hides keys wherever they come again, and the values of hidden names, and gives the
// keys back.
func TestMask(t *testing.T) {
	m := NewMask(config.Trace{Digits: "masked"})
	event := func(lines string) string {
		return frame{head: "Content-Length: 0\nContent-Type: text/event-plain\n", event: lines}.join()
	}
	for key := range strings.SplitSeq("4711#", "") {
		m.Received(0, event("Event-Name: DTMF\nDTMF-Digit: "+strings.ReplaceAll(key, "#", "%23")+"\n"))
	}
	const id = "11114711-4711-4711-4711-471147114711"
	for _, c := range [][2]string{
		{m.Sent(0, "api uuid_setvar "+id+" got 4711\n\n"), "api uuid_setvar " + id + " got <keys 0-4>\n\n"},
		{m.Sent(0, "sendmsg\r\nexecute-app-name: read\r\nevent-uuid: "+id+"\r\nexecute-app-arg: 1 1 x.wav key 1000 #\r\n\r\n"), "sendmsg\nexecute-app-name: read\nevent-uuid: " + id + "\nexecute-app-arg: 1 1 x.wav key 1000 #\n\n"},
		{m.Sent(0, "api uuid_getvar x pin\n\n"), "api uuid_getvar x pin\n\n"},
		{m.Sent(0, "sendmsg\nexecute-app-name: set\nexecute-app-arg: my_password=a b\n\n"), "sendmsg\nexecute-app-name: set\nexecute-app-arg: my_password=<masked>\n\n"},
		{m.Received(0, "Content-Type: api/response\nContent-Length: 3\n\n+OK"), "Content-Type: api/response\nContent-Length: 3\n\n+OK"},
		{m.Received(0, "Content-Type: command/reply\nReply-Text: +OK\n\n"), "Content-Type: command/reply\nReply-Text: +OK\n\n"},
		{m.Received(0, "Content-Type: api/response\nContent-Length: 5\n\nsaved"), "Content-Type: api/response\nContent-Length: 8\n\n<masked>"},
		{
			m.Received(0, event("Event-Date-Timestamp: 1470000471\nvariable_key: 7\nvariable_x: a%204711%23\nvariable_api_token: x\n")),
			event("Event-Date-Timestamp: 1470000471\nvariable_key: %3Ckeys%201-2%3E\nvariable_x: a%20%3Ckeys%200-5%3E\nvariable_api_token: %3Cmasked%3E\n"),
		},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
	keys := func(from, to int) string { return "1234#"[from:to] }
	if got := Rewrite(event("variable_x: a%20%3Ckeys%200-5%3E\nvariable_id: theirs\n"), keys, strings.NewReplacer("theirs", "ours")); got != event("variable_x: a%201234%23\nvariable_id: ours\n") {
		t.Errorf("%q", got)
	}
}
