package wire_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// capturedEvents returns the event bodies a real FreeSWITCH sent, by format.
func capturedEvents(t testing.TB, format string) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/captures/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	var bodies []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			var line struct{ From, Data string }
			if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			head, body, ok := strings.Cut(line.Data, "\n\n")
			if ok && line.From == "switch" && strings.Contains(head, "text/event-"+format) {
				bodies = append(bodies, body)
			}
		}
		f.Close()
	}
	if len(bodies) == 0 {
		t.Fatalf("no %s events in the captures", format)
	}
	return bodies
}

// Every captured plain event, taken apart and put together again, is the same
// bytes: encoding, order and framing are FreeSWITCH's.
func TestPlainRewritesCaptures(t *testing.T) {
	for _, want := range capturedEvents(t, "plain") {
		head, body, _ := strings.Cut(want, "\n\n")
		var e wire.Event
		for _, l := range strings.Split(head, "\n") {
			name, value, _ := strings.Cut(l, ": ")
			if name == "Content-Length" {
				continue
			}
			e.Headers = append(e.Headers, wire.Header{Name: name, Value: wire.Decode(value)})
		}
		e.Body = body
		if got := string(e.Plain()); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestJSONRewritesCaptures(t *testing.T) {
	for _, want := range capturedEvents(t, "json") {
		dec := json.NewDecoder(strings.NewReader(want))
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		var e wire.Event
		for dec.More() {
			name, _ := dec.Token()
			var value string
			if err := dec.Decode(&value); err != nil {
				t.Fatal(err)
			}
			e.Headers = append(e.Headers, wire.Header{Name: name.(string), Value: value})
		}
		if got := string(e.JSON()); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

var xmlHeader = regexp.MustCompile(`(?m)^    <([^>]+)>(.*)</[^>]+>$`)

func TestXMLRewritesCaptures(t *testing.T) {
	for _, want := range capturedEvents(t, "xml") {
		var e wire.Event
		for _, m := range xmlHeader.FindAllStringSubmatch(want, -1) {
			e.Headers = append(e.Headers, wire.Header{Name: m[1], Value: wire.Decode(m[2])})
		}
		if got := string(e.XML()); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestEncoding(t *testing.T) {
	for _, c := range []struct{ raw, encoded string }{
		{"", ""},
		{"plain-text_1.2~*!'()/,$", "plain-text_1.2~*!'()/,$"},
		{"a b", "a%20b"},
		{"+OK\n", "%2BOK%0A"},
		{"Zoë \"Q\"", "Zo%C3%AB%20%22Q%22"},
		{"100%", "100%25"},
		{"50%4", "50%254"},
		{"%41", "%41"}, // two upper-case hex digits: left alone, so this is ambiguous
		{"%zz", "%25zz"},
		{"%ab", "%25ab"}, // lower case is encoded
		{"[a]{b}<c>|d^e`f\\", "%5Ba%5D%7Bb%7D%3Cc%3E%7Cd%5Ee%60f%5C"},
	} {
		if got := string(wire.AppendEncoded(nil, c.raw)); got != c.encoded {
			t.Errorf("encoding %q: %q, want %q", c.raw, got, c.encoded)
		}
		if c.raw == "%41" {
			continue
		}
		if got := wire.Decode(c.encoded); got != c.raw {
			t.Errorf("decoding %q: %q, want %q", c.encoded, got, c.raw)
		}
	}
}

func TestEventForms(t *testing.T) {
	e := wire.Event{
		Headers: []wire.Header{{Name: "Event-Name", Value: "CUSTOM"}, {Name: "List", Value: "ARRAY::a b|:c"}, {Name: "Empty"}},
		Body:    "hi\n",
	}
	if got, want := string(e.Plain()), "Event-Name: CUSTOM\nList: ARRAY%3A%3Aa%20b%7C%3Ac\nEmpty: _undef_\nContent-Length: 3\n\nhi\n"; got != want {
		t.Errorf("plain %q, want %q", got, want)
	}
	if got, want := string(e.JSON()), `{"Event-Name":"CUSTOM","List":["a b","c"],"Empty":"","Content-Length":"3","_body":"hi\n"}`; got != want {
		t.Errorf("json %s, want %s", got, want)
	}
	if got := string(e.Packet(nil, "json")); !strings.HasPrefix(got, "Content-Length: ") || !bytes.Contains([]byte(got), []byte("text/event-json\n\n{")) {
		t.Errorf("packet %q", got)
	}
	if e.Get("event-name") != "CUSTOM" || e.Get("nothing") != "" {
		t.Error("Get compares without case and misses quietly")
	}
}

func TestPackets(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{wire.Reply("+OK"), "Content-Type: command/reply\nReply-Text: +OK\n\n"},
		{wire.Reply("+OK Job-UUID: x", wire.Header{Name: "Job-UUID", Value: "x"}), "Content-Type: command/reply\nReply-Text: +OK Job-UUID: x\nJob-UUID: x\n\n"},
		{wire.APIResponse(""), "Content-Type: api/response\nContent-Length: 14\n\n-ERR no reply\n"},
		{wire.Disconnect("", "bye\n"), "Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\n"},
		{wire.Disconnect("u", "bye\n"), "Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: disconnect\nContent-Length: 4\n\nbye\n"},
		{wire.Linger("u", "c/1", -1), "Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Disposition: linger\nChannel-Name: c/1\nLinger-Time: -1\nContent-Length: 0\n\n"},
		{wire.LogLine(7, "f.c", "fn", 3, "", "x\n"), "Content-Type: log/data\nContent-Length: 2\nLog-Level: 7\nText-Channel: 3\nLog-File: f.c\nLog-Func: fn\nLog-Line: 3\nUser-Data: \n\nx\n"},
	} {
		if string(c.got) != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	// FreeSWITCH's text buffer holds 512 bytes with its NUL.
	long := string(wire.Reply(strings.Repeat("#", 2000)))
	if n := strings.Count(long, "#"); n != 511 {
		t.Errorf("a long Reply-Text has %d bytes, want 511", n)
	}
}

func FuzzEncoding(f *testing.F) {
	for _, s := range []string{"", "a b", "%41", "%", "%2", "Zoë", "\x00\xff", "a%20b"} {
		f.Add(s)
	}
	ambiguous := regexp.MustCompile(`%[0-9A-F]{2}`)
	f.Fuzz(func(t *testing.T, s string) {
		encoded := string(wire.AppendEncoded(nil, s))
		if strings.ContainsAny(encoded, "\r\n :") {
			t.Fatalf("%q encodes to %q", s, encoded)
		}
		if !ambiguous.MatchString(s) && wire.Decode(encoded) != s {
			t.Fatalf("%q -> %q -> %q", s, encoded, wire.Decode(encoded))
		}
	})
}

func BenchmarkPlain(b *testing.B) {
	body := capturedEvents(b, "plain")
	longest := body[0]
	for _, x := range body {
		if len(x) > len(longest) {
			longest = x
		}
	}
	var headers []wire.Header
	for _, l := range strings.Split(longest, "\n") {
		if name, value, ok := strings.Cut(l, ": "); ok {
			headers = append(headers, wire.Header{Name: name, Value: wire.Decode(value)})
		}
	}
	b.SetBytes(int64(len(longest)))
	b.ReportAllocs()
	for b.Loop() {
		e := wire.Event{Headers: headers}
		e.Plain()
	}
}
