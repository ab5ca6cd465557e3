package network

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A postOffice is an SMTP server (emersion/go-smtp) and what it has taken.
type postOffice struct {
	addr     string
	roots    string // the file of its certificate
	password string // "": nobody logs in
	hold     chan struct{}

	mu    sync.Mutex
	taken []letter
}

type letter struct {
	from string
	to   []string
	text string
}

// letters is a session with the server.
type letters struct {
	office *postOffice
	letter
	known bool
}

func (s *letters) Reset()        { s.letter = letter{} }
func (s *letters) Logout() error { return nil }

func (s *letters) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *letters) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.known = user == "ivr" && password == s.office.password; !s.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *letters) Mail(from string, _ *smtp.MailOptions) error {
	if s.office.password != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *letters) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, Message: "no such user"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *letters) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if s.office.hold != nil {
		<-s.office.hold
	}
	s.text = string(text)
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.taken = append(s.office.taken, s.letter)
	return err
}

func openPostOffice(t *testing.T, encryption string, change func(*postOffice)) *postOffice {
	t.Helper()
	office := &postOffice{}
	if change != nil {
		change(office)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letters{office: office}, nil }))
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	office.addr = l.Addr().String()
	if encryption != "none" {
		https := httptest.NewTLSServer(nil) // for its certificate
		https.Close()
		server.TLSConfig = &tls.Config{Certificates: https.TLS.Certificates}
		office.roots = filepath.Join(t.TempDir(), "roots.pem")
		if err := os.WriteFile(office.roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: https.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if encryption == "tls" {
		l = tls.NewListener(l, server.TLSConfig)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		if office.hold != nil {
			close(office.hold)
		}
		_ = l.Close() // the server may not know it yet
		_ = server.Close()
		<-served
	})
	return office
}

func (o *postOffice) mailer(t *testing.T, encryption config.Encryption, change func(*config.Mail)) (*Mailer, *clock.Manual) {
	t.Helper()
	c := config.Default().Mail
	c.Server, c.TLS, c.Roots = config.Address(o.addr), encryption, o.roots
	if change != nil {
		change(&c)
	}
	clk := clock.NewManual(time.Now())
	m, err := NewMailer(c, clk)
	if err != nil {
		t.Fatal(err)
	}
	return m, clk
}

var someMail = Mail{To: []string{"office@example.com"}, Bcc: []string{"boss@example.com"}, Header: [][2]string{{"Subject", "Grüße"}}, Body: "Hallo Zoë\n.\nEnd"}

func TestMailIsTaken(t *testing.T) {
	for _, encryption := range []string{"none", "starttls", "tls"} {
		office := openPostOffice(t, encryption, func(o *postOffice) {
			if encryption != "none" {
				o.password = "secret"
			}
		})
		m, _ := office.mailer(t, config.Encryption(encryption), func(c *config.Mail) {
			if encryption != "none" {
				c.User, c.Password = "ivr", "secret"
			}
		})
		message := someMail
		message.File = &Attachment{Name: "1.wav", Type: "audio/x-wav", Content: strings.NewReader("RIFF\x00\xff")}
		if err := m.Send(t.Context(), message); err != nil {
			t.Fatal(encryption, err)
		}
		got := office.taken[0]
		read, err := mail.ReadMessage(strings.NewReader(got.text))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(read.Body)
		subject := read.Header.Get("Subject")
		if got.from != "freeswitch@localhost" || strings.Join(got.to, " ") != "office@example.com boss@example.com" || subject != "=?UTF-8?q?Gr=C3=BC=C3=9Fe?=" ||
			strings.Contains(got.text, "boss") || !strings.Contains(string(body), "Hallo Zo=C3=AB\r\n.\r\nEnd") || !strings.Contains(string(body), "UklGRgD/") {
			t.Errorf("%s: %q", encryption, got)
		}
	}
}

// What the server says no to is no reason to leave it alone.
func TestMailIsRefused(t *testing.T) {
	office := openPostOffice(t, "none", nil)
	m, _ := office.mailer(t, "none", nil)
	message := someMail
	message.To = []string{"nobody@example.com"}
	for range 2 * mostFailures {
		if err := m.Send(t.Context(), message); err == nil || !strings.Contains(err.Error(), "no such user") {
			t.Fatal(err)
		}
	}
	if len(office.taken) > 0 {
		t.Error(office.taken)
	}
}

func TestMailIsNotSentInTheClear(t *testing.T) {
	office := openPostOffice(t, "none", nil)
	m, _ := office.mailer(t, "starttls", nil)
	if err := m.Send(t.Context(), someMail); err == nil || !strings.Contains(err.Error(), "STARTTLS") || len(office.taken) > 0 {
		t.Error(err, office.taken)
	}
	office = openPostOffice(t, "starttls", nil)
	office.roots = "" // a certificate that nobody trusts
	m, _ = office.mailer(t, "starttls", nil)
	if err := m.Send(t.Context(), someMail); err == nil || !strings.Contains(err.Error(), "certificate") || len(office.taken) > 0 {
		t.Error(err, office.taken)
	}
}

func TestAMailServerIsLeftAlone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := &postOffice{addr: l.Addr().String()}
	_ = l.Close()
	m, clk := dead.mailer(t, "none", nil)
	for range mostFailures {
		if err := m.Send(t.Context(), someMail); err == nil || strings.Contains(err.Error(), "in a row") {
			t.Fatal(err)
		}
	}
	if err := m.Send(t.Context(), someMail); err == nil || !strings.Contains(err.Error(), "has not answered 5 times in a row") {
		t.Error(err)
	}
	clk.Advance(firstPause)
	if err := m.Send(t.Context(), someMail); err == nil || strings.Contains(err.Error(), "in a row") {
		t.Error(err)
	}
}

// A mail ends with its script's call, and with its time, wherever the server is.
func TestAMailEnds(t *testing.T) {
	for _, office := range []*postOffice{
		{addr: silent(t)},
		openPostOffice(t, "none", func(o *postOffice) { o.hold = make(chan struct{}) }),
	} {
		m, clk := office.mailer(t, "none", nil)
		errs := make(chan error)
		send := func(ctx context.Context) { go func() { errs <- m.Send(ctx, someMail) }() }
		send(t.Context())
		clk.WaitForTimer(10 * time.Second)
		clk.Advance(10 * time.Second)
		if err := <-errs; err == nil || !strings.Contains(err.Error(), "has not taken it within 10s") {
			t.Error(err)
		}
		ctx, stop := context.WithCancelCause(t.Context())
		send(ctx)
		stop(errors.New("the caller has hung up"))
		if err := <-errs; err == nil || err.Error() != "the caller has hung up" {
			t.Error(err)
		}
	}
}

func TestNoMailServer(t *testing.T) {
	m, _ := (&postOffice{}).mailer(t, "none", nil)
	if err := m.Send(t.Context(), someMail); err == nil || !strings.Contains(err.Error(), "write mail: {server: HOST:PORT}") {
		t.Error(err)
	}
}
