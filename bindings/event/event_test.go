package event

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// captured is every packet of a content type in a recorded conversation with
// FreeSWITCH, without its own head.
func captured(t *testing.T, file, kind string) []string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wire strings.Builder
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var entry struct{ From, Data string }
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatal(err)
		}
		if entry.From == "switch" {
			wire.WriteString(entry.Data)
		}
	}
	var out []string
	r := esl.NewReader(strings.NewReader(wire.String()), esl.Limits{})
	for {
		frame, err := r.Next()
		if err != nil {
			break
		}
		if frame.Type() == kind {
			out = append(out, frame.Body())
		}
	}
	if len(out) == 0 {
		t.Fatalf("no %s in %s", kind, file)
	}
	return out
}

func TestPlainIsWhatFreeSWITCHWrote(t *testing.T) {
	for _, text := range captured(t, "outbound-bridge.jsonl", "text/event-plain") {
		e := &Event{}
		head, body, _ := strings.Cut(text, "\n\n")
		for line := range strings.Lines(head) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			plain, err := url.PathUnescape(value)
			if err != nil {
				t.Fatal(err)
			}
			if name == "Content-Length" {
				continue
			}
			e.append(name, plain)
		}
		if body != "" {
			if err := e.SetBody(body); err != nil {
				t.Fatal(err)
			}
		}
		if got := e.Plain(); got != text {
			t.Fatalf("written\n%s\ncaptured\n%s", got, text)
		}
	}
}

func TestXMLIsWhatFreeSWITCHWrote(t *testing.T) {
	for _, text := range captured(t, "inbound-xml.jsonl", "text/event-xml") {
		e := &Event{}
		dec := xml.NewDecoder(strings.NewReader(text))
		var path []string
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch v := tok.(type) {
			case xml.StartElement:
				path = append(path, v.Name.Local)
			case xml.EndElement:
				path = path[:len(path)-1]
			case xml.CharData:
				if len(path) == 3 {
					value, err := url.PathUnescape(string(v))
					if err != nil {
						t.Fatal(err)
					}
					e.append(path[2], value)
				}
			}
		}
		if got := e.XML(); got != text {
			t.Fatalf("written\n%s\ncaptured\n%s", got, text)
		}
	}
}

func TestJSONIsWhatFreeSWITCHWrote(t *testing.T) {
	for _, text := range captured(t, "inbound-control.jsonl", "text/event-json") {
		e, err := FromJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.JSON(); got != text {
			t.Fatalf("written\n%s\ncaptured\n%s", got, text)
		}
	}
}

func TestHeadersFollowSwitchEvent(t *testing.T) {
	e := New("switch_event_message", "")
	if e.Name() != "MESSAGE" {
		t.Errorf("a 13-character prefix was not skipped: %s", e.Name())
	}
	add := func(name, value string) {
		t.Helper()
		if err := e.Add(name, value); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name, want string, there bool) {
		t.Helper()
		if got, ok := e.Get(name); got != want || ok != there {
			t.Errorf("%s is %q, %v; want %q, %v", name, got, ok, want, there)
		}
	}
	add("X-One", "1")
	add("x-one", "2")
	check("X-ONE", "1", true)
	add("X-One", "")
	check("X-One", "", false)

	add("list", "ARRAY::a|:b")
	check("list", "ARRAY::a|:b", true)
	add("list[3]", "d")
	check("list", "ARRAY::a|:b|:|:d", true)
	add("list[9999]", "x")
	check("list", "ARRAY::a|:b|:|:d", true)
	add("new[0]", "only")
	check("new", "only", true)

	check("_body", "", false)
	add("_body", "text")
	check("_body", "text", true)
	if body, ok := e.Body(); body != "text" || !ok {
		t.Errorf("the body is %q, %v", body, ok)
	}

	other := New("CUSTOM", "my::event")
	if err := other.Merge(e); err != nil {
		t.Fatal(err)
	}
	if got, _ := other.Get("list"); got != "ARRAY::a|:b|:|:d" {
		t.Errorf("the list was merged as %q", got)
	}
	if got, _ := other.Get("Event-Subclass"); got != "my::event" || other.Name() != "CUSTOM" {
		t.Errorf("the event is %s %q", other.Name(), got)
	}
	if !e.Delete("LIST") || e.Delete("LIST") {
		t.Error("Delete does not tell whether there was one")
	}
	if New("no such", "").Name() != "MESSAGE" || New("DTMF", "sub").Name() != "CUSTOM" || (&Event{}).Name() != "invalid" {
		t.Error("types are not as mod_lua's")
	}
}

func TestSizeIsBounded(t *testing.T) {
	e := New("CUSTOM", "x::y")
	chunk := strings.Repeat("x", 1000)
	n := 0
	for ; n < 2000; n++ {
		if err := e.Add("H", chunk); err != nil {
			break
		}
	}
	if n < 900 || n > 1048 {
		t.Errorf("%d headers of 1000 bytes fit into %d", n, MaxSize)
	}
	if err := e.SetBody(strings.Repeat("x", MaxSize)); err == nil {
		t.Error("the body is not bounded")
	}
	if err := e.Add("list[4000]", "x"); err == nil {
		t.Error("the slots of a list are not counted")
	}
	if !e.Delete("H") {
		t.Fatal("no H")
	}
	if err := e.SetBody(chunk); err != nil || e.size > 1200 {
		t.Errorf("deleting does not reduce the size: %v, %d", err, e.size)
	}
}

func TestReceivedEventIsBorrowed(t *testing.T) {
	e := Received(esl.NewEvent([][2]string{{"Event-Name", "DTMF"}, {"DTMF-Digit", "#"}, {"Content-Length", "2"}}, "ab"))
	if body, ok := e.Body(); !e.received || e.Name() != "DTMF" || body != "ab" || !ok {
		t.Errorf("received %+v", e)
	}
	if _, ok := e.Get("Content-Length"); ok {
		t.Error("the length is kept beside the body")
	}
}

func FuzzAdd(f *testing.F) {
	f.Add("name", "value")
	f.Add("list[3]", "x")
	f.Add("list[", "ARRAY::a|:b")
	f.Add("_body", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		e := New("CUSTOM", "a::b")
		for range 3 {
			if err := e.Add(name, value); err != nil {
				return
			}
			_ = e.Merge(e)
		}
		size := len(e.body)
		for _, h := range e.headers {
			size += h.size()
		}
		if size != e.size {
			t.Errorf("the size is kept as %d and is %d", e.size, size)
		}
		if !json.Valid([]byte(e.JSON())) {
			t.Errorf("not JSON: %s", e.JSON())
		}
	})
}
