package callbench

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
)

//go:embed testdata/outbound-async-full.jsonl
var transcript string

// recorded is what the switch sends after each command of the call.
type recorded struct {
	connect, answer, playback, hangup []frame
}

// frame is one packet, cut where an Application-UUID chosen by the host stands.
type frame struct {
	head, before, after string // an event with a hole has its length in between
	hole                bool
}

func load() (recorded, error) {
	steps := map[string][]string{} // frames by command; the first of a kind counts
	var order []string
	for lines := json.NewDecoder(strings.NewReader(transcript)); lines.More(); {
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

// cut leaves holes in the events that name the command's application.
func cut(frames []string) []frame {
	var out []frame
	for _, f := range frames {
		head, body, _ := strings.Cut(f, "\n\n")
		i := strings.Index(body, "Application-UUID: ")
		if i < 0 || strings.Contains(body, "\nApplication: socket\n") {
			out = append(out, frame{head: f})
			continue
		}
		i += len("Application-UUID: ")
		rest := body[i:]
		_, typ, _ := strings.Cut(head, "\n")
		out = append(out, frame{head: typ, before: body[:i], after: rest[strings.IndexByte(rest, '\n'):], hole: true})
	}
	return out
}

// appendTo writes the frame with id in its hole.
func (f frame) appendTo(b []byte, id string) []byte {
	if !f.hole {
		return append(b, f.head...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(f.before)+len(id)+len(f.after)), 10)
	b = append(b, '\n')
	b = append(b, f.head...)
	b = append(b, "\n\n"...)
	b = append(b, f.before...)
	b = append(b, id...)
	return append(b, f.after...)
}
