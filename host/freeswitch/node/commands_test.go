package node

import (
	"errors"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// recorded is the answer of a FreeSWITCH to a command: frames to send, and the
// output the caller must get.
type recorded struct{ frames, output string }

// answers takes the api and bgapi commands of a capture with their answers.
func answers(t *testing.T) (api, bgapi map[string]recorded) {
	t.Helper()
	api, bgapi = map[string]recorded{}, map[string]recorded{}
	packets := capture(t, "inbound-control")
	for i, p := range packets {
		if p.From != "app" || i+1 == len(packets) {
			continue
		}
		line, rest, _ := strings.Cut(strings.TrimSpace(p.Data), "\n")
		if strings.HasPrefix(line, "api ") {
			_, body, _ := strings.Cut(packets[i+1].Data, "\n\n")
			api[strings.TrimPrefix(line, "api ")] = recorded{packets[i+1].Data, body}
		}
		if id, ok := strings.CutPrefix(rest, "Job-UUID: "); ok && strings.HasPrefix(line, "bgapi ") {
			for _, q := range packets[i:] {
				if q.From == "switch" && strings.Contains(q.Data, "Event-Name: BACKGROUND_JOB\n") && strings.Contains(q.Data, "Job-UUID: "+id) {
					parts := strings.SplitN(q.Data, "\n\n", 3)
					bgapi[strings.TrimPrefix(line, "bgapi ")+"\n"+id] = recorded{packets[i+1].Data + q.Data, parts[2]}
				}
			}
		}
	}
	if len(api) < 10 || len(bgapi) < 6 {
		t.Fatalf("%d api and %d bgapi commands in the capture", len(api), len(bgapi))
	}
	return api, bgapi
}

func TestRecordedCommands(t *testing.T) {
	var id string
	w := newWorld(t, Node{}, Options{Wire: esl.Options{NewUUID: func() string { return id }}})
	p := w.up(1, core)
	api, bgapi := answers(t)
	for line, a := range api {
		go func() {
			p.expect("api " + line)
			p.send(a.frames)
		}()
		if out, err := w.link.API(t.Context(), line); err != nil || out != a.output {
			t.Errorf("%s: %q, %v, want %q", line, out, err, a.output)
		}
	}
	for key, a := range bgapi {
		var line string
		line, id, _ = strings.Cut(key, "\n")
		go func() {
			p.expect("bgapi " + line + "\nJob-UUID: " + id)
			p.send(a.frames)
		}()
		if out, err := w.link.BgAPI(t.Context(), line); err != nil || out != a.output {
			t.Errorf("%s: %q, %v, want %q", line, out, err, a.output)
		}
	}
}

func TestSendEvent(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	for answer, refused := range map[string]bool{"+OK 8f9a": false, "-ERR permission denied": true} {
		go func() {
			p.expect("sendevent CUSTOM\nEvent-Subclass: my::thing\nX: 1")
			p.send(reply(answer))
		}()
		err := w.link.SendEvent(t.Context(), "CUSTOM", [][2]string{{"Event-Subclass", "my::thing"}, {"X", "1"}}, "")
		var r *esl.ReplyError
		if errors.As(err, &r) != refused {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestCommandsThatWouldMeanSomethingElse(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	w.up(1, core)
	_, err1 := w.link.API(t.Context(), "status\n\nexit")
	_, err2 := w.link.BgAPI(t.Context(), "status\rx")
	err3 := w.link.SendEvent(t.Context(), "CUSTOM", [][2]string{{"A", "1\nB: 2"}}, "")
	for _, err := range []error{err1, err2, err3} {
		var f *esl.FieldError
		if !errors.As(err, &f) {
			t.Error(err)
		}
	}
}
