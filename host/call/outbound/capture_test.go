package outbound_test

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// connectReply is the answer of FreeSWITCH 1.11 to connect, for a channel without audio:
// nothing holds digits when the call is handed back.
var connectReply = withoutAudio.ReplaceAllString(connectWithAudio, "")

var (
	connectWithAudio = transcript("outbound-async-full")[0].frames[0]
	withoutAudio     = regexp.MustCompile(`Channel-Read-Codec-Name: .*\n`)
)

// A step is one command of a recording and the frames that the switch sent until the next.
type step struct {
	command string
	frames  []string
}

// transcript reads a recording of an event-socket connection.
func transcript(name string) []step {
	f, err := os.Open("testdata/" + name + ".jsonl")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	var steps []step
	for lines := json.NewDecoder(bufio.NewReader(f)); lines.More(); {
		var l struct{ From, Data string }
		if err := lines.Decode(&l); err != nil {
			panic(err)
		}
		switch l.From {
		case "app":
			steps = append(steps, step{command: l.Data})
		case "switch":
			s := &steps[len(steps)-1]
			s.frames = append(s.frames, l.Data)
		}
	}
	return steps
}

// A replay plays the switch of a recording: it answers each command with the frames
// that followed the recorded command of the same kind, in the same order.
type replay struct {
	*peer
	steps []step
	ids   map[string]string // recorded Event-UUID -> ours
}

// replayed starts a call with a recording's reply to connect and its first events.
func replayed(h *harness, name string) *replay {
	h.t.Helper()
	r := &replay{peer: h.dial(), steps: transcript(name), ids: map[string]string{}}
	r.expect("connect")
	connect := r.steps[0].frames
	r.steps = r.steps[1:]
	r.expect("linger 10")
	r.expect("myevents")
	r.send(connect...)
	r.send(reply("+OK will linger 10 seconds"))
	for kind := ""; kind != "myevents" && kind != "filter"; r.steps = r.steps[1:] {
		kind, _ = kindOf(r.steps[0].command)
		if kind == "myevents" || kind == "filter" {
			r.send(r.steps[0].frames...)
		}
	}
	return r
}

// without forgets a command that ours does not send; the events stay.
func (r *replay) without(command string) {
	r.t.Helper()
	i := slices.IndexFunc(r.steps, func(s step) bool { return s.command == command })
	if i < 1 {
		r.t.Fatalf("the recording has no %q", command)
	}
	r.steps[i-1].frames = append(r.steps[i-1].frames, r.steps[i].frames[1:]...)
	r.steps = slices.Delete(r.steps, i, i+1)
}

// answer reads one command, which must be the recording's next, and sends what followed it.
func (r *replay) answer() {
	r.t.Helper()
	ours := r.command()
	if len(r.steps) == 0 {
		r.t.Fatalf("the recording has no more commands, and ours is\n%s", ours)
	}
	next := r.steps[0]
	r.steps = r.steps[1:]
	kind, what := kindOf(ours)
	if k, w := kindOf(next.command); k != kind || w != what {
		r.t.Fatalf("our command is %s %q, the recording's %s %q", kind, what, k, w)
	}
	if id := field(next.command, "Event-UUID"); id != "" {
		r.ids[id] = field(ours, "Event-UUID")
	}
	frames := next.frames
	if kind == "hangup" { // ours is uuid_kill
		frames = append([]string{output("+OK\n")}, frames[1:]...)
	}
	for _, f := range frames {
		if f == "<closed>" {
			_ = r.nc.Close()
			return
		}
		r.send(r.renamed(f))
	}
}

// renamed puts our ids in place of the recorded ones, and corrects the length.
func (r *replay) renamed(frame string) string {
	was := len(frame)
	for theirs, ours := range r.ids {
		frame = strings.ReplaceAll(frame, theirs, ours)
	}
	if n, err := strconv.Atoi(field(frame, "Content-Length")); err == nil {
		frame = strings.Replace(frame, "Content-Length: "+strconv.Itoa(n)+"\n",
			"Content-Length: "+strconv.Itoa(n+len(frame)-was)+"\n", 1)
	}
	return frame
}

// kindOf says what a command does, whoever wrote it.
func kindOf(command string) (kind, what string) {
	line, _, _ := strings.Cut(command, "\n")
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "sendmsg" && field(command, "call-command") == "execute":
		arg := field(command, "execute-app-arg")
		return "execute " + field(command, "execute-app-name"), arg
	case word == "sendmsg", strings.HasPrefix(rest, "uuid_kill "):
		return "hangup", ""
	case strings.HasPrefix(rest, "uuid_break "):
		return "break", ""
	}
	return word, rest
}

func TestReplayKnowsItsRecordings(t *testing.T) {
	for _, name := range []string{"outbound-digits", "invite-dtmf-1"} {
		steps := transcript(name)
		if kind, _ := kindOf(steps[0].command); kind != "connect" || len(steps) < 5 {
			t.Fatalf("%s begins with %q and has %d commands", name, kind, len(steps))
		}
	}
}
