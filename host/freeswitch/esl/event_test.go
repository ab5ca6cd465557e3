package esl

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestEventLookups(t *testing.T) {
	e := Event{form: formPlain, raw: "Event-Name: CHANNEL_HANGUP_COMPLETE\nHangup-Cause: A%20B\nvariable_MyVar: x%3Ay\n" +
		"empty: \nunset: _undef_\nno blank:v\nHangup-Cause: C\nDTMF: ARRAY%3A%3A1|:2|:%E4\nContent-Length: 9\n\nName: v\n\n"}
	for name, want := range map[string]string{
		"Hangup-Cause": "A B", "HANGUP-CAUSE": "A B", "variable_myvar": "x:y", "no blank": "v",
		"empty": "", "unset": "", "absent": "", "Name": "", "": "", "Hangup": "", "Content-Length": "9",
	} {
		if got := e.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"empty": true, "unset": true, "absent": false, "Name": false} {
		if _, ok := e.Lookup(name); ok != want {
			t.Errorf("%s: present %v, want %v", name, ok, want)
		}
	}
	if got := e.Array("hangup-cause"); !slices.Equal(got, []string{"A B", "C"}) {
		t.Errorf("repeated: %q", got)
	}
	if got := e.Array("DTMF"); !slices.Equal(got, []string{"1", "2", "\xe4"}) {
		t.Errorf("list: %q", got)
	}
	if got := e.Array("absent"); got != nil {
		t.Errorf("absent: %q", got)
	}
	if e.Name() != "CHANNEL_HANGUP_COMPLETE" || e.Body() != "Name: v\n\n" {
		t.Errorf("name %q, body %q", e.Name(), e.Body())
	}
	n := 0
	for range e.All() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 || e.IsZero() || !(Event{}).IsZero() {
		t.Error("All does not stop, or IsZero lies")
	}
}

// What is not encoded is not decoded: a getvar of "50% off" or "_undef_".
func TestRepliesAreNotDecoded(t *testing.T) {
	f := frames(t, strings.NewReader(reply("50%25 _undef_")+reply("_undef_")))
	for i, want := range []string{"50%25 _undef_", "_undef_"} {
		e, err := f[i].Event()
		if err != nil || e.Get("Reply-Text") != want {
			t.Errorf("%q, %v, want %q", e.Get("Reply-Text"), err, want)
		}
	}
	e, _ := f[0].Event()
	if got, want := e.Plain(), "Content-Type: command/reply\nReply-Text: 50%2525%20_undef_\n\n"; got != want {
		t.Errorf("in the plain form it is %q, want %q", got, want)
	}
}

func TestNewEventCannotBeMadeToLie(t *testing.T) {
	e := NewEvent([][2]string{{"A\nB: x", "1\n\nC: 2"}, {"D:E", "é%41+"}, {"", ""}}, "body")
	want := "A%0AB%3A x: 1%0A%0AC%3A%202\nD%3AE: %C3%A9%2541%2B\n: _undef_\nContent-Length: 4\n\nbody"
	if e.Plain() != want {
		t.Errorf("got  %q\nwant %q", e.Plain(), want)
	}
	if got := e.Get("D%3AE"); got != "é%41+" || e.Type() != "text/event-plain" {
		t.Errorf("%q %q", got, e.Type())
	}
	own := NewEvent([][2]string{{"content-length", "7"}}, "body")
	if strings.Count(own.Plain(), "ength") != 1 {
		t.Errorf("two lengths: %q", own.Plain())
	}
}

// net/url decodes every byte that the encoding makes, except that it has no
// notion of a % that means itself.
func TestEncodingAgreesWithNetURL(t *testing.T) {
	for c := range 256 {
		s := fmt.Sprintf("a%cb", rune(c))
		if c >= 0x80 {
			s = "a" + string([]byte{byte(c)}) + "b"
		}
		var b strings.Builder
		encode(&b, s)
		theirs, err := url.PathUnescape(b.String())
		if err != nil || theirs != s || decode(b.String()) != s {
			t.Errorf("%q is written %q, read %q, by net/url %q, %v", s, b.String(), decode(b.String()), theirs, err)
		}
	}
	if got := NewEvent([][2]string{{"A", "\x00\x1f ~\x7f\x80"}}, "").Plain(); got != "A: %00%1F%20~%7F%80\n\n" {
		t.Errorf("the bounds of what is encoded: %q", got)
	}
	for s, want := range map[string]string{"%": "%", "%4": "%4", "%zz": "%zz", "%%41": "%A", "%c3%A9": "é", "a+b": "a+b", "100%": "100%"} {
		if got := decode(s); got != want {
			t.Errorf("%q is read %q, want %q", s, got, want)
		}
	}
}

func TestPickLastFindsTheLastHeaderAndNoBody(t *testing.T) {
	headers := [][2]string{{"A", "1"}, {"A", "2%"}, {"B", ""}, {"C", "3"}}
	for body, want := range map[string][4]string{"": {"2%", "", "3", ""}, "A: body\n\nB: body": {"1", "", "3", ""}} {
		values := [4]string{3: "kept from before"}
		NewEvent(headers, body).PickLast([]string{"a", "B", "C", "D"}, values[:])
		if values != want {
			t.Errorf("body %q: got %q, want %q", body, values, want)
		}
	}
}
