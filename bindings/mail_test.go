package bindings_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
)

// A letterbox is a session with an SMTP server (emersion/go-smtp) and what came.
type letterbox struct {
	to   []string
	came chan string
}

func (l *letterbox) Reset()                                    { l.to = nil }
func (l *letterbox) Logout() error                             { return nil }
func (l *letterbox) Mail(string, *smtp.MailOptions) error      { return nil }
func (l *letterbox) Rcpt(to string, _ *smtp.RcptOptions) error { l.to = append(l.to, to); return nil }
func (l *letterbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	l.came <- strings.Join(l.to, ",") + "\n" + string(text)
	return err
}

// withMail gives the scripts a mail server.
func (h *harness) withMail() (*harness, <-chan string) {
	h.t.Helper()
	came := make(chan string, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letterbox{came: came}, nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	h.t.Cleanup(func() { _ = l.Close(); _ = server.Close(); <-served })
	c := config.Default().Mail
	c.Server, c.TLS, c.Size = config.Address(l.Addr().String()), "none", 8
	if h.mailer, err = network.NewMailer(c, clock.System()); err != nil {
		h.t.Fatal(err)
	}
	h.use()
	return h, came
}

func TestEmail(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"1.wav": "RIFF", "long.wav": "RIFF56789"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.wav")); err != nil {
		t.Fatal(err)
	}
	h, came := open(t, "").withMail()
	g := grant.Default()
	g.Mail, g.Read = []grant.Recipient{"*@x.org"}, []grant.Directory{grant.Directory(dir)}
	h.grants = &g
	h.readFile = func(name string) (string, error) {
		if name == "note.txt" {
			return "note", nil
		}
		return "", os.ErrNotExist
	}
	for _, c := range []struct{ script, result, mail, log string }{
		{`r = freeswitch.email("a@x.org, b@X.org", "i@x.org", "Subject: Hi", "Hello")`, "true", "a@x.org,b@X.org\nDate ... \r\nSubject: Hi\r\nFrom: <i@x.org>\r\n ... \r\n\r\nHello", ""},
		{`r = freeswitch.email("a@x.org", nil)`, "true", "From: <freeswitch@localhost>", ""},
		{`r = freeswitch.email("a@x.org", "", nil, nil, "` + dir + `/1.wav", "", "")`, "true", `audio/x-wav; name="1.wav" ... UklGRg==`, ""},
		{`r = freeswitch.email("a@x.org", "", "", "", "note.txt")`, "true", "bm90ZQ==", ""},
		{`session:hangup() r = freeswitch.email("a@x.org", "")`, "true", "a@x.org", ""},
		{`r = freeswitch.email("", "i@x.org")`, "false", "", "nobody is named"},
		{`r = freeswitch.email("a@x.org", "i@x.org", "Subject: x\nBcc: b@x.org")`, "false", "", "the header Bcc is not sent"},
		{`r = freeswitch.email("a@x.org", "", "", "", "` + dir + `/none.wav")`, "false", "", "no such file"},
		{`r = freeswitch.email("a@x.org", "", "", "", "` + dir + `/link.wav")`, "false", "", "path escapes"},
		{`r = freeswitch.email("a@x.org", "", "", "", "` + dir + `/long.wav")`, "false", "", "holds 9 bytes, and mail: size: permits 8"},
		{`r = freeswitch.email("a@x.org", "", "", "", "` + dir + `")`, "false", "", "is no regular file"},
		{`ok, r = pcall(freeswitch.email, "a@x.org", "", "", "", "/etc/passwd")`, `reading "/etc/passwd" is not granted`, "", ""},
		{`ok, r = pcall(freeswitch.email, "a@x.org, b@y.org", "")`, `mail to "b@y.org" is not granted to this flow; to grant it, write grants: {mail: ["*@x.org", "b@y.org"]}`, "", ""},
		{`ok, r = pcall(freeswitch.email, "a@x.org", "", "", "", "1.wav", "lame", "mp3")`, "convert_cmd is a program", "", ""},
	} {
		call, o := h.runScript(`session:answer() ` + strings.ReplaceAll(c.script, "\n", `\n`))
		if o.err != nil || !strings.Contains(o.text("r"), c.result) || !h.log.has(c.log) {
			t.Errorf("%s\n got %q, %v\nwant %q; the log:\n%s", c.script, o.text("r"), o.err, c.result, h.log.dump())
		}
		if c.mail != "" && o.text("r") == "true" {
			text := <-came
			for part := range strings.SplitSeq(c.mail, " ... ") {
				if !strings.Contains(text, part) {
					t.Errorf("%s\nsent %q\nwithout %q", c.script, text, part)
				}
			}
		}
		call.Hangup("NORMAL_CLEARING")
		<-call.Done()
	}
}
