package esl

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// fromSwitch joins what FreeSWITCH sent.
func fromSwitch(packets []packet) string {
	var b strings.Builder
	for _, p := range packets {
		if p.From == "switch" {
			b.WriteString(p.Data)
		}
	}
	return b.String()
}

func frames(t *testing.T, r io.Reader) []Frame {
	t.Helper()
	var all []Frame
	reader := NewReader(r, Limits{})
	for {
		f, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
}

// Every frame of every capture is read with the borders the capture has, however
// the bytes are cut, and not a byte is lost.
func TestCapturesAreReadWithoutLoss(t *testing.T) {
	for name, packets := range captures(t) {
		t.Run(name, func(t *testing.T) {
			stream := fromSwitch(packets)
			whole := frames(t, strings.NewReader(stream))
			if got := joined(whole); got != stream {
				t.Fatalf("%d of %d bytes came out", len(got), len(stream))
			}
			for cut, r := range map[string]io.Reader{
				"one byte at a time": iotest.OneByteReader(strings.NewReader(stream)),
				"in halves":          iotest.HalfReader(strings.NewReader(stream)),
				"with its end":       iotest.DataErrReader(strings.NewReader(stream)),
			} {
				if got := frames(t, r); fmt.Sprint(got) != fmt.Sprint(whole) {
					t.Errorf("read %s the frames differ", cut)
				}
			}
			events := 0
			for _, f := range whole {
				events += checkEvent(t, f)
			}
			if events == 0 && strings.Contains(stream, "Event-Name:") {
				t.Error("no event was checked")
			}
		})
	}
}

func joined(all []Frame) string {
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.raw)
	}
	return b.String()
}

// checkEvent takes an event apart into its headers and makes it again from them:
// byte for byte what FreeSWITCH had written.
func checkEvent(t *testing.T, f Frame) int {
	t.Helper()
	e, err := f.Event()
	if err != nil {
		t.Fatal(err)
	}
	if e.Type() != f.typ {
		t.Errorf("type %q of a %q", e.Type(), f.typ)
	}
	names, first, last := []string{"Application-UUID", "application", "Unique-ID"}, [3]string{}, [3]string{}
	e.Pick(names, first[:])
	if e.PickLast(names, last[:]); first != last { // no capture repeats one of these
		t.Errorf("of %v Pick found %q, PickLast %q", names, first, last)
	}
	for i, name := range names { // the first of them is the last in the event
		if want := e.Get(name); first[i] != want {
			t.Errorf("Pick found %s: %q, Get %q", name, first[i], want)
		}
	}
	var headers [][2]string
	for name, value := range e.All() {
		headers = append(headers, [2]string{name, value})
		if got := e.Get(strings.ToUpper(name)); len(e.Array(name)) == 1 && got != value {
			t.Errorf("%s: Get says %q, All %q", name, got, value)
		}
	}
	again := NewEvent(headers, e.Body()).Plain()
	switch e.form {
	case formPlain:
		if again != f.Body() {
			t.Errorf("%s came out different:\n%s\nwas\n%s", e.Name(), again, f.Body())
		}
	case formConnect:
		if again != f.raw {
			t.Errorf("the connect reply came out different:\n%s\nwas\n%s", again, f.raw)
		}
	case formJSON:
		if again != e.Plain() {
			t.Errorf("%s came out different:\n%s\nwas\n%s", e.Name(), again, e.Plain())
		}
	default:
		return 0
	}
	if e.Name() == "" {
		t.Errorf("an event without a name: %s", f.raw)
	}
	return 1
}
