package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/trace"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A said is one line of a transcript.
type said struct {
	T    float64
	From string
	Data string
}

// TestTranscriptsArePlayedAgain plays what FreeSWITCH 1.11 said in each transcript to a program
// that says what the one of the transcript said: it gets the same frames, and their ladder is
// the same, also where the keys were masked and are pressed again.
func TestTranscriptsArePlayedAgain(t *testing.T) {
	files, _ := filepath.Glob("../freeswitch/esl/testdata/captures/*.jsonl")
	if len(files) != 17 {
		t.Fatalf("there are %d transcripts", len(files))
	}
	for _, file := range files {
		lines := transcript(t, file)
		for _, digits := range []config.Digits{"shown", "masked"} {
			t.Run(filepath.Base(file)+" "+string(digits), func(t *testing.T) {
				testproc.Bubble(t, func(t *testing.T) {
					c := conversationOf(lines)
					c.Settings.Trace = config.Trace{Digits: digits}
					mask := conversation.NewMask(c.Settings.Trace)
					for i := range c.Items {
						if item := &c.Items[i]; item.Kind == conversation.Sent {
							item.Text = mask.Sent(0, item.Text)
						} else {
							item.Text = mask.Received(0, item.Text)
						}
					}
					file, err := c.Encode()
					if err != nil {
						t.Fatal(err)
					}
					read, err := conversation.Decode([]byte(file))
					if err != nil {
						t.Fatal(err)
					}
					testPlay(t, read, lines)
				})
			})
		}
	}
}

func transcript(t *testing.T, file string) (lines []said) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var l said
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.From != "" && l.Data != "<closed>" {
			lines = append(lines, l)
		}
	}
	return lines
}

// conversationOf returns a transcript as it would have been recorded.
func conversationOf(lines []said) *conversation.Conversation {
	c := &conversation.Conversation{}
	c.Began = time.Now().UTC()
	for _, l := range lines {
		kind := byte(conversation.Received)
		if l.From == "app" {
			kind = conversation.Sent
		}
		c.Items = append(c.Items, conversation.Item{At: time.Duration(l.T * float64(time.Second)), Kind: kind, Text: l.Data})
	}
	return c
}

// testPlay has a program say what the one of the transcript said, when it has heard what that
// had heard.
func testPlay(t *testing.T, c *conversation.Conversation, lines []said) {
	network := NewNetwork()
	l := network.Listen()
	heard, stop := make(chan []esl.Frame, 1), make(chan struct{})
	go func() {
		var frames []esl.Frame
		defer func() { heard <- frames }()
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := esl.NewReader(conn, esl.Limits{})
		for _, line := range lines {
			if line.From == "app" {
				if _, err := io.WriteString(conn, line.Data); err != nil {
					return
				}
				continue
			}
			for range framesOf(line.Data) {
				f, err := in.Next()
				if err != nil {
					return
				}
				frames = append(frames, f)
			}
		}
		<-stop
	}()
	keys := ""
	for _, f := range allFrames(lines) {
		if e, err := f.Event(); err == nil && e.Name() == "DTMF" {
			keys += e.Get("DTMF-Digit")
		}
	}
	peer := NewPeer(c, keys, clock.System())
	var parting *Parting
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		parting, err = peer.Play(t.Context(), func(ctx context.Context) (net.Conn, error) { return network.Dial(ctx, l.Addr().String()) })
	}()
	<-done
	close(stop)
	peer.End()
	_ = l.Close()
	got := <-heard
	if parting != nil || err != nil {
		t.Fatalf("%v, %v", parting, err)
	}
	want := allFrames(lines)
	if len(got) != len(want) {
		t.Fatalf("%d frames came, want %d", len(got), len(want))
	}
	if a, b := ladderOf(want), ladderOf(got); !reflect.DeepEqual(a, b) {
		t.Errorf("the ladder is\n%s\nwant\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
}

func framesOf(text string) (all []esl.Frame) {
	for r := esl.NewReader(strings.NewReader(text), esl.Limits{}); ; {
		f, err := r.Next()
		if err != nil {
			return all
		}
		all = append(all, f)
	}
}

func allFrames(lines []said) (all []esl.Frame) {
	for _, l := range lines {
		if l.From == "switch" {
			all = append(all, framesOf(l.Data)...)
		}
	}
	return all
}

// ladderOf returns what a trace tells of frames.
func ladderOf(frames []esl.Frame) (rungs []string) {
	r := trace.New(config.Trace{Size: 64 << 20, Digits: "shown"}, clock.System())
	c := r.Begin(trace.Arrival{UUID: "transcript"})
	for _, f := range frames {
		if e, err := f.Event(); err == nil && e.Name() != "" {
			c.Watch(outbound.Sight{Event: e, Name: e.Name(), Application: e.Application(), Cause: e.Get("Hangup-Cause")})
		}
	}
	c.End()
	for _, s := range c.Ladder().Steps {
		rungs = append(rungs, fmt.Sprint(s.Who, " ", s.What))
	}
	return rungs
}
