package esl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func jsonFrame(body string) Frame {
	raw := "Content-Type: text/event-json\n\n" + body
	return Frame{raw: raw, typ: typeEventJSON, body: len(raw) - len(body), off: 1000}
}

func TestJSONEventKeepsOrderCaseRepeatsAndBytes(t *testing.T) {
	e, err := jsonFrame(`{"Event-Name":"CUSTOM", "variable_MyVar":"a%20b\n\u00e4\ud83d\ude00",
		"DTMF":["1","2"],"Hangup-Cause":"A","Hangup-Cause":"B","latin":"M` + "\xfc" + `ller","half":"\ud800\u0041","n":12,"Content-Length":"2","_body":"x\n"}`).Event()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for n, v := range e.All() {
		got = append(got, n+"="+v)
	}
	want := []string{"Event-Name=CUSTOM", "variable_MyVar=a%20b\nä😀", "DTMF=ARRAY::1|:2", "Hangup-Cause=A",
		"Hangup-Cause=B", "latin=M\xfcller", "half=\uFFFDA", "n=12", "Content-Length=2"}
	if strings.Join(got, "\x00") != strings.Join(want, "\x00") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if a := e.Array("dtmf"); len(a) != 2 || a[1] != "2" || e.Body() != "x\n" || e.Type() != "text/event-json" {
		t.Errorf("array %q, body %q, type %q", a, e.Body(), e.Type())
	}
}

func TestJSONErrorsNameTheByte(t *testing.T) {
	for body, at := range map[string]int{
		``: 0, `[]`: 0, `{"a"}`: 4, `{"a":{}}`: 5, `{"a":"b"`: 8, `{"a":"b" "c":"d"}`: 9,
		`{"a":"\x"}`: 7, `{"a":"\u12"}`: 8, `{"a":["b","c"}`: 13, `{} x`: 3, `{"a":"`: 6, `{"a":"\`: 7, `{"a":[["b"]]}`: 6,
	} {
		f := jsonFrame(body)
		_, err := f.Event()
		var m *MalformedError
		if !errors.As(err, &m) {
			t.Errorf("%s: %v", body, err)
		} else if want := 1000 + int64(f.body+at); m.Offset != want {
			t.Errorf("%s: at byte %d, want %d (%s)", body, m.Offset, want, m.Reason)
		}
	}
}

// encoding/json is the other opinion: what it reads as an object of strings and
// lists of strings must be the same here, and what nests deeper must be refused.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"b","_body":"c"}`, `{"a":["1","2"],"b":"\u00e4\ud800x"}`, `{"a":1,"b":null}`,
		"{\"a\":\"\xff\"}", `{"A":"x","a":"y","a":"z"}`, `{"a":{}}`, `{"a":"\ud83d\ude00\/"}`} {
		f.Add(s)
	}
	for _, packets := range captures(f) {
		for _, p := range packets {
			if i := strings.Index(p.Data, "\n\n{"); i > 0 && p.From == "switch" {
				f.Add(p.Data[i+2:])
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := jsonFrame(s).Event()
		want, ok := stdlibObject(s)
		if !ok {
			return
		}
		flat := true
		for name, v := range want {
			var isFlat bool
			want[name], isFlat = asHeader(v)
			flat = flat && isFlat
		}
		if (err == nil) != flat {
			t.Fatalf("%q: flat is %v, but %v", s, flat, err)
		}
		if err != nil {
			return
		}
		got := map[string]any{}
		for name, value := range e.All() {
			got[name] = value
		}
		if _, ok := want["_body"]; ok {
			got["_body"] = e.Body()
		}
		for name, w := range want {
			if strings.Contains(name, ":") || hasControl(name) {
				continue // such a name is encoded, so that it stays a name
			}
			if g := got[name]; g != w {
				t.Errorf("%q: %q is %q, want %q", s, name, g, w)
			}
		}
	})
}

func stdlibObject(s string) (map[string]any, bool) {
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	ok := utf8.ValidString(s) && json.Valid([]byte(s)) && d.Decode(&v) == nil && v != nil
	return v, ok
}

// asHeader returns a value as it is written in an event.
func asHeader(v any) (string, bool) {
	switch v := v.(type) {
	case []any:
		var list []string
		for _, item := range v {
			if _, nested := item.([]any); nested {
				return "", false
			}
			s, ok := asHeader(item)
			if !ok {
				return "", false
			}
			list = append(list, s)
		}
		return "ARRAY::" + strings.Join(list, "|:"), true
	case map[string]any:
		return "", false
	case nil:
		return "null", true
	default:
		s := fmt.Sprint(v)
		if s == "_undef_" {
			s = ""
		}
		return s, true
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 })
}
