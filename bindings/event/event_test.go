package event

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// captured returns every packet of a content type in a recorded conversation with
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
		if frame.Get("Content-Type") == kind {
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

// No name and no value makes a line, a body or a tag of its own.
func TestAHeaderIsOneLine(t *testing.T) {
	for _, text := range []string{"a\nEvent-Name: SHUTDOWN", "a\r\n\r\nbody", "\n\n", "a\rb", "a></headers><body>", "a\x00\nb"} {
		e := New("CUSTOM", "a::b")
		if err := e.Add(text, text); err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(e.Plain(), "\n\n")
		if strings.Count(head, "\n") != 2 || strings.Contains(head, "\r") || rest != "" {
			t.Errorf("plain %q", e.Plain())
		}
		if xml := e.XML(); strings.Count(xml, "<") != 10 || strings.Count(xml, "\n") != 7 {
			t.Errorf("xml %q", xml)
		}
		for _, h := range e.sendHeaders() {
			if _, err := esl.SendEvent("CUSTOM", [][2]string{h}, ""); err == nil && strings.ContainsAny(h[0]+h[1], "\r\n") {
				t.Errorf("%q is fired", h)
			}
		}
	}
}

// The order is that of switch_event.c: switch_event_set_priority adds at the top, and
// switch_event_dup begins with the subclass, and drops those that merge has added.
func TestOrderOfWhatIsFired(t *testing.T) {
	e, other := New("CUSTOM", "a::b"), New("CUSTOM", "a::other")
	if err := errors.Join(other.Add("b", "2"), e.Add("a", "1"), e.Merge(other), e.addFirst("priority", "NORMAL")); err != nil {
		t.Fatal(err)
	}
	if want := "priority: NORMAL\nEvent-Name: CUSTOM\nEvent-Subclass: a%3A%3Ab\na: 1\n"; !strings.HasPrefix(e.Plain(), want) {
		t.Errorf("written\n%s", e.Plain())
	}
	want := [][2]string{{"Event-Subclass", "a::b"}, {"priority", "NORMAL"}, {"a", "1"}, {"b", "2"}}
	if got := e.sendHeaders(); !slices.Equal(got, want) {
		t.Errorf("fired %q", got)
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
	if n < 800 || n > 1048 {
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
	if err := e.SetBody(chunk); err != nil || e.size > 1500 {
		t.Errorf("deleting does not reduce the size: %v, %d", err, e.size)
	}
}

// Looking a header up, adding one and deleting one takes a time that does not grow
// with their number, from Lua and from JSON.
func TestManyHeadersAreQuick(t *testing.T) {
	many := func(format string, n int) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String() + `"z":"z"}`
	}
	for name, text := range map[string]string{
		"one list":         "{" + strings.Repeat(`"a":["x"],`, 50_000) + `"z":"z"}`,
		"one slot":         "{" + strings.Repeat(`"a[3999]":"x",`, 70_000) + `"z":"z"}`,
		"many lists":       many(`"a%d":["x"],`, 4000),
		"many slots":       many(`"a%d[0]":"x",`, 4000),
		"event names":      "{" + strings.Repeat(`"Event-Name":"CUSTOM",`, 40_000) + `"z":"z"}`,
		"names among many": "{" + strings.TrimSuffix(many(`"a%d":"x",`, 4000)[1:], `"z":"z"}`) + strings.Repeat(`"Event-Name":"CUSTOM",`, 40_000) + `"z":"z"}`,
		"deleted ones":     "{" + strings.TrimSuffix(many(`"a%d":"x",`, 4000)[1:], `"z":"z"}`) + strings.Repeat(`"b":"x","b":"",`, 50_000) + `"z":"z"}`,
		"numbers":          `{"a":[` + strings.Repeat("0,", 500_000) + `0],"z":"z"}`,
		"nested":           `{"a":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `,"z":"z"}`,
	} {
		begin := cpu()
		e, err := FromJSON(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if z, _ := e.Get("z"); z != "z" {
			t.Errorf("%s: not read to its end", name)
		}
		other := New("CUSTOM", "a::b")
		_ = other.Merge(e)
		_ = other.Merge(e)
		_, _, _ = e.JSON(), e.Plain(), e.XML()
		if took := cpu() - begin; took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// cpu returns the processor time of the process.
func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano())
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
		for h := range e.headers.all() {
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

// An event that was not read whole shows what it shows afterwards, and reading a header
// does not read the others.
func TestSingleHeadersAreReadAlone(t *testing.T) {
	raw := captured(t, "outbound-bridge.jsonl", "text/event-plain")
	raw = append(raw, "Event-Name: CUSTOM\nlist: ARRAY%3A%3Aa|:b\nempty: _undef_\nContent-Length: 2\n\nab", "Event-Name: X\none: ARRAY%3A%3Aa\n\n")
	for _, text := range raw {
		r := esl.NewReader(strings.NewReader(fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(text), text)), esl.Limits{})
		frame, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		in, err := frame.Event()
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"_body", "Content-Length", "absent", ""}
		for name := range in.All() {
			names = append(names, name, strings.ToUpper(name))
		}
		whole := Received(in)
		whole.open()
		for _, name := range names {
			e := Received(in)
			got, ok := e.Get(name)
			want, has := whole.Get(name)
			if got != want || ok != has {
				t.Errorf("%s: %q, %v before it is read whole, %q, %v afterwards", name, got, ok, want, has)
			}
			if value, _ := in.Lookup(name); name != "_body" && !strings.HasPrefix(value, arrayPrefix) && e.unread.IsZero() {
				t.Errorf("%s: the whole event was read", name)
			}
		}
		body, has := Received(in).Body()
		if wantBody, want := whole.Body(); body != wantBody || has != want {
			t.Errorf("body %q, %v, want %q, %v", body, has, wantBody, want)
		}
	}
}
