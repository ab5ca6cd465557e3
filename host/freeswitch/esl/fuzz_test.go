package esl

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// Whatever the bytes: no panic, no frame beyond the limits, errors that point
// into the stream, and the same frames however the stream is cut.
func FuzzFrame(f *testing.F) {
	inputs, _ := filepath.Glob("testdata/torture/*.in")
	for _, name := range inputs {
		in, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, wholeErr := readAll(bytes.NewReader(in))
		single, singleErr := readAll(iotest.OneByteReader(bytes.NewReader(in)))
		if len(whole) != len(single) || wholeErr.Error() != singleErr.Error() {
			t.Fatalf("at once: %d frames, %v; byte by byte: %d, %v", len(whole), wholeErr, len(single), singleErr)
		}
		at := int64(0)
		for i, frame := range whole {
			if frame != single[i] {
				t.Fatalf("frame %d differs: %q and %q", i, frame.raw, single[i].raw)
			}
			if frame.off < at || !bytes.Equal(in[frame.off:frame.off+int64(len(frame.raw))], []byte(frame.raw)) {
				t.Fatalf("frame %d is not what stands at byte %d", i, frame.off)
			}
			at = frame.off + int64(len(frame.raw))
			if frame.body > small.Head || len(frame.Body()) > small.Body || frame.typ == "" {
				t.Fatalf("frame %d breaks a limit or has no type: %q", i, frame.raw)
			}
		}
		var m *MalformedError
		if errors.As(wholeErr, &m) && (m.Offset < at || m.Offset > int64(len(in))) {
			t.Fatalf("offset %d of %d bytes, of which %d were read: %s", m.Offset, len(in), at, m.Reason)
		}
		if !errors.As(wholeErr, &m) && !errors.Is(wholeErr, io.EOF) {
			t.Fatal(wholeErr)
		}
	})
}

func readAll(in io.Reader) ([]Frame, error) {
	r := NewReader(in, small)
	var all []Frame
	for {
		f, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, f)
	}
}

// Every way to look at an event says the same, and an event survives being
// written and read again.
func FuzzEvent(f *testing.F) {
	f.Add("Event-Name: A\nX: a%20b\nx: 2\n\nbody\n", "x")
	f.Add("Event-Name: A\nDTMF: ARRAY%3A%3A1|%3A2\nU: _undef_\n\n", "dtmf")
	f.Add("\n\nA: b", "A")
	f.Add("A: %\nB: %4\n\n%", "a")
	f.Add("A\n:\n: \nB : c\r\n\r\nA: b\n", "B ")
	for _, packets := range captures(f) {
		for _, p := range packets {
			if _, event, ok := strings.Cut(p.Data, "text/event-plain\n\n"); ok && len(event) < 2000 {
				f.Add(event, "Unique-ID")
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw, name string) {
		e := Event{raw: raw, form: formPlain}
		first, found := "", false
		var values []string
		var headers [][2]string
		for n, v := range e.All() {
			headers = append(headers, [2]string{n, v})
			if strings.EqualFold(n, name) && n != "" {
				if !found {
					first, found = v, true
				}
				values = append(values, v)
			}
		}
		got, ok := e.Lookup(name)
		if strings.ContainsAny(name, ":\n") || len(name) != len(strings.ToValidUTF8(name, "")) {
			ok, got = found, first // no header can be called that
		}
		picked := [2]string{}
		e.Pick([]string{name, "Event-Name"}, picked[:])
		if got != first || ok != found || picked != [2]string{e.Get(name), e.Name()} {
			t.Fatalf("%q in %q: Lookup %q %v, All %q %v, Pick %q", name, raw, got, ok, first, found, picked)
		}
		if len(e.Array(name)) < len(values) {
			t.Fatalf("%q in %q: Array %q, All %q", name, raw, e.Array(name), values)
		}
		again := Event{raw: NewEvent(headers, e.Body()).Plain(), form: formPlain}
		if again.Body() != e.Body() {
			t.Fatalf("body %q became %q", e.Body(), again.Body())
		}
		i := 0
		for n, v := range again.All() {
			if i < len(headers) && headers[i][1] != v {
				t.Fatalf("header %d, %q: %q became %q", i, n, headers[i][1], v)
			}
			i++
		}
		if i < len(headers) || i > len(headers)+1 {
			t.Fatalf("%d headers became %d", len(headers), i)
		}
	})
}

// A command is refused, or is exactly one packet that holds what was given.
func FuzzCommand(f *testing.F) {
	f.Add("playback", "a.wav", "uuid", "X", "body")
	f.Add("a\n\nexit", "b\r\n\r\nexit\r\n\r\n", " ", "a:b", "\x00")
	f.Add("x", "y", "\v", "z", "")
	f.Add("set", " a=b \n", "", "Content-Length", "\n\napi shutdown\n\n")
	f.Fuzz(func(t *testing.T, a, b, c, d, e string) {
		one := func(cmd Command, err error) (switchPacket, bool) {
			t.Helper()
			var refused *FieldError
			if err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if err != nil {
				return switchPacket{}, false
			}
			p := parsePacket(t, cmd.String())
			if p.rest != "" {
				t.Fatalf("more than one packet: %q", cmd)
			}
			return p, true
		}
		// FreeSWITCH and eslgo strip blanks around a header's value.
		same := func(p switchPacket, header, want string) {
			t.Helper()
			if got := strings.Trim(p.headers[header], " \t"); got != strings.Trim(want, " \t") {
				t.Fatalf("%s is %q, want %q", header, got, want)
			}
		}
		if p, ok := one(Execute(ExecuteOptions{App: a, Arg: b, UUID: c, EventUUID: d})); ok {
			same(p, "execute-app-name", a)
			same(p, "event-uuid", d)
			if p.body != "" {
				same(p, "content-type", "text/plain")
			}
			if got := p.headers["execute-app-arg"] + p.body; got != b {
				t.Fatalf("argument %q became %q", b, got)
			}
			if p.line != strings.TrimSpace("sendmsg "+c) {
				t.Fatalf("line %q for uuid %q", p.line, c)
			}
		}
		if p, ok := one(SendEvent(a, [][2]string{{d, b}}, e)); ok {
			if !strings.EqualFold(d, "Content-Length") {
				same(p, strings.ToLower(d), b)
			}
			if p.body != e || p.line != "sendevent "+a {
				t.Fatalf("event %q body %q became %q %q", a, e, p.line, p.body)
			}
		}
		if p, ok := one(BgAPI(a, c)); ok {
			same(p, "job-uuid", c)
		}
		for _, line := range []func() (Command, error){
			func() (Command, error) { return API(a) },
			func() (Command, error) { return Auth(a) },
			func() (Command, error) { return UserAuth(a, b) },
			func() (Command, error) { return MyEvents(a) },
			func() (Command, error) { return Subscribe("plain", a, b) },
			func() (Command, error) { return Unsubscribe(a, b) },
		} {
			if p, ok := one(line()); ok && len(p.headers) > 0 {
				t.Fatalf("headers in %+v", p)
			}
		}
	})
}

// Whatever a peer sends, before or after its login and however often: what is held of
// it is counted, stays near the budget, and is nothing in the end.
func FuzzHeld(f *testing.F) {
	inputs, _ := filepath.Glob("testdata/torture/*.in")
	for i, name := range inputs {
		in, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in, uint16(i*50), byte(i), i%2 == 0)
	}
	f.Add([]byte(apiResponse(strings.Repeat("x", 100<<10))), uint16(20), byte(3), true)
	f.Fuzz(func(t *testing.T, in []byte, times uint16, takes byte, greeted bool) {
		const limit = 256 << 10
		b := NewBudget(limit)
		near, far := net.Pipe()
		c := NewConn(near, Options{Budget: b, Limits: Limits{Output: 200 << 10}, NewUUID: func() string { return "u" }})
		p := newPeer(t, far)
		var sent []*Pending
		if greeted {
			login, _ := Auth("ClueCon")
			go func() { p.command(); p.send(accepted) }()
			if _, err := c.Do(t.Context(), login); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, p.r) }()
			output, _ := API("show calls")
			sent, _ = c.Post(output, output)
			_, _ = c.StartJob("show calls")
		}
		for i := range int(times) + 1 {
			if _, err := far.Write(in); err != nil {
				break
			}
			if held := b.held.Load(); held > 2*limit || held < 0 {
				t.Fatalf("%d bytes are held", held)
			}
			if takes > 0 && i%int(takes) == 0 {
				if e, ok := c.Poll(); ok {
					c.Keep(e)
				}
			}
		}
		_ = far.Close()
		<-c.Done()
		for e, ok := c.Poll(); ok; e, ok = c.Poll() {
			c.Keep(e)
		}
		for _, s := range sent {
			_, _, _ = s.Ready()
		}
		c.Keep(Event{})
		if held := b.held.Load(); held > largeOutput+300<<10 || held < 0 {
			t.Fatalf("%d bytes are held of a peer that has gone", held)
		}
		_ = c.Close()
		if held := b.held.Load(); held != 0 {
			t.Fatalf("%d bytes are held in the end", held)
		}
	})
}
