package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
)

// recordedCall is a transcript of a real FreeSWITCH 1.11.
const recordedCall = "../../host/call/outbound/testdata/outbound-async-full.jsonl"

// recorded holds the frames that the switch sends after each command of the call.
type recorded struct {
	connect, answer, playback, hangup []frame
}

// A frame is one packet. An event is split where the host's Application-UUID is to be
// inserted, and sent as FreeSWITCH does: its head, then its body.
type frame struct {
	head          string // all of a frame that is no event
	before, after string // the event around the id
	hole          bool
}

func loadRecorded() (recorded, error) {
	transcript, err := os.ReadFile(recordedCall)
	if err != nil {
		return recorded{}, err
	}
	steps := map[string][]string{} // frames by command; the first of a kind counts
	var order []string
	for lines := json.NewDecoder(bytes.NewReader(transcript)); lines.More(); {
		var l struct{ From, Data string }
		if err := lines.Decode(&l); err != nil {
			return recorded{}, err
		}
		switch l.From {
		case "app":
			order = append(order, kindOf(l.Data)+strconv.Itoa(len(order)))
		case "switch":
			k := order[len(order)-1]
			steps[k] = append(steps[k], l.Data)
		}
	}
	first := func(kind string) []frame {
		for _, k := range order {
			if strings.TrimRight(k, "0123456789") == kind {
				return cut(steps[k])
			}
		}
		return nil
	}
	return recorded{
		connect: first("connect"), answer: first("answer"), playback: first("playback"),
		hangup: first("nosuchapp"), // which FreeSWITCH hung up for: all of a hangup's events
	}, nil
}

func kindOf(command string) string {
	if _, app, ok := strings.Cut(command, "execute-app-name: "); ok {
		app, _, _ = strings.Cut(app, "\n")
		return app
	}
	word, _, _ := strings.Cut(command, "\n")
	return word
}

// cut leaves holes in the events of the command's application.
func cut(frames []string) []frame {
	var out []frame
	for _, f := range frames {
		head, body, _ := strings.Cut(f, "\n\n")
		length, typ, event := strings.Cut(head, "\nContent-Type: text/event-plain")
		switch i := strings.Index(body, "Application-UUID: "); {
		case !event || typ != "" || !strings.HasPrefix(length, "Content-Length: "):
			out = append(out, frame{head: f})
		case i < 0 || strings.Contains(body, "\nApplication: socket\n"):
			out = append(out, frame{before: body})
		default:
			i += len("Application-UUID: ")
			rest := body[i:]
			out = append(out, frame{before: body[:i], after: rest[strings.IndexByte(rest, '\n'):], hole: true})
		}
	}
	return out
}

// render appends the frame to the buffers for head and body, with id in its hole.
func (f frame) render(head, body []byte, id string) ([]byte, []byte) {
	if f.before == "" {
		return append(head, f.head...), body
	}
	body = append(body, f.before...)
	if f.hole {
		body = append(append(body, id...), f.after...)
	}
	head = append(head, "Content-Length: "...)
	head = strconv.AppendInt(head, int64(len(body)), 10)
	return append(head, "\nContent-Type: text/event-plain\n\n"...), body
}
