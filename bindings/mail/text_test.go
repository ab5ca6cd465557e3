package mail

import (
	"fmt"
	"strings"
	"testing"
)

// describe writes a mail in one line.
func describe(to, from, headers, body string) string {
	m, recipients, err := read(to, from, headers, body)
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%s|%s|%s|%s|%v|%s|%q|%s", m.From, strings.Join(m.To, ","), strings.Join(m.Cc, ","), strings.Join(m.Bcc, ","), m.Header, m.Type, m.Body, strings.Join(recipients, ","))
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ to, from, headers, body, want string }{
		{"a@x.org", "", "", "", `|a@x.org|||[]|text/plain|""|a@x.org`},
		{" a@x.org , B <b@x.org>,", "i@x.org", "Subject: Hi", "text", `<i@x.org>|a@x.org,b@x.org|||[[Subject Hi]]|text/plain|"text"|a@x.org,b@x.org`},
		{"a@x.org,b@x.org,c@x.org", "freeswitch", "From: Desk <d@x.org>\r\nto: \"A\" <A@x.org>\r\ncc: b@x.org\r\nX-Call: 7\r\n\r\n", "", `"Desk" <d@x.org>|"A" <A@x.org>|<b@x.org>|c@x.org|[[X-Call 7]]|text/plain|""|a@x.org,b@x.org,c@x.org`},
		{"a@x.org", "", "Subject: one\n two\n\tthree\nContent-Type: text/html; charset=UTF-8\nMIME-Version: 1.0\nDate: today\n", "<b>", `|a@x.org|||[[Subject one two three]]|text/html|"<b>"|a@x.org`},
		{"a@x.org", "", "", "Content-Type: text/html\n\n<b>", `|a@x.org|||[]|text/html|"<b>"|a@x.org`},
		{"a@x.org", "", "", "The Content-Type: is html\n\n<b>", `|a@x.org|||[]|text/plain|"The Content-Type: is html\n\n<b>"|a@x.org`},

		{"", "", "", "", "error: nobody is named who gets it"},
		{" ", "", "", "", "error: nobody is named who gets it"},
		{"x", "", "", "", "error: \"x\" is no list of addresses"},
		{"a@x.org\nRCPT TO:<b@x.org>", "", "", "", "error: "},
		{"a@x.org>\r\nDATA", "", "", "", "error: "},
		{strings.Repeat("a@x.org,", 51), "", "", "", "error: 51 addresses are named, and 50 are possible"},
		// What a caller has chosen adds no header that counts, and nobody who gets the mail.
		{"a@x.org", "", "Subject: Zoë\nBcc: e@evil.org", "", "error: the header Bcc is not sent"},
		{"a@x.org", "", "Subject: Zoë\r\nCc: e@evil.org", "", "error: the header Cc names e@evil.org, who is not in the first argument"},
		{"a@x.org", "", "To: a@x.org, e@evil.org", "", "error: the header To names e@evil.org"},
		{"a@x.org", "", "Subject: Zoë\nSubject: other", "", "error: the header Subject is there twice"},
		{"a@x.org", "", "Subject: Zoë\n\nBody of another", "", "error: \"\" is no header"},
		{"a@x.org", "", "Subject: Zoë\rBcc: e@evil.org", "", "error: the header"},
		{"a@x.org", "", "Subject: Zoë\nno header", "", "error: \"no header\" is no header; write NAME: VALUE"},
		{"a@x.org", "", "Received: x", "", "error: the header Received is not sent"},
		{"a@x.org", "", "Subject : x", "", "error: "},
		{"a@x.org", "", "Subject: " + strings.Repeat("x", 1000), "", "error: the header"},
		{"a@x.org", "", "Subject: x" + strings.Repeat("\n "+strings.Repeat("x", 100), 20), "", "error: the header Subject has more than 900 bytes"},
		{"a@x.org", "", "Content-Type: multipart/mixed; boundary=x", "", "error: the body cannot be \"multipart/mixed; boundary=x\"; write text/plain or text/html"},
		{"a@x.org", "", "Content-Type: text/plain; charset=utf-7", "", "error: the body cannot be in \"utf-7\""},
	} {
		if got := describe(c.to, c.from, c.headers, c.body); got != c.want && !(strings.HasPrefix(c.want, "error") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%q, %q, %q, %q\n got %s\nwant %s", c.to, c.from, c.headers, c.body, got, c.want)
		}
	}
}
