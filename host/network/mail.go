package network

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/wneessen/go-mail"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A Mail is one message.
type Mail struct {
	Flow       string      // that sends it: the failures of others are not its own
	From       string      // an address, or with a name: Front desk <desk@example.com>; "": the configured one
	To, Cc     []string    // addresses, or with names
	Bcc        []string    // recipients that the others do not see
	Header     [][2]string // names and values, besides these
	Type, Body string      // Type is text/plain or the like
	File       *Attachment // may be nil
}

// An Attachment is a file that goes with a mail.
type Attachment struct {
	Name, Type string
	Content    io.ReadSeeker
}

// A Mailer gives mail to the configured SMTP server. Its methods may be called from any
// goroutine.
type Mailer struct {
	config    config.Mail
	tls       *tls.Config
	clock     clock.Clock
	endpoints endpoints
	places    *places

	sent, failed, refused prometheus.Counter
}

// NewMailer returns a Mailer.
func NewMailer(c config.Mail, clk clock.Clock) (*Mailer, error) {
	tls, err := trusting(c.Roots, "mail")
	if err != nil {
		return nil, err
	}
	tls.ServerName, _, _ = net.SplitHostPort(string(c.Server))
	return &Mailer{
		config: c, tls: tls, clock: clk, endpoints: endpoints{by: map[string]*record{}},
		places:  &places{clock: clk, most: max(c.Connections, 1), long: time.Duration(c.Timeout), by: map[string]*line{}},
		sent:    prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_mail_sent_total", Help: "Mails of scripts that the mail server has taken."}),
		failed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_mail_failed_total", Help: "Mails of scripts that the mail server has not taken."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_mail_refused_total", Help: "Mails that were not sent, because the mail server had not answered the flow before."}),
	}, nil
}

// Register registers the metrics.
func (m *Mailer) Register(r prometheus.Registerer) { r.MustRegister(m.sent, m.failed, m.refused) }

// MostAttached returns how many bytes an attachment may have.
func (m *Mailer) MostAttached() int64 { return int64(m.config.Size) }

var errBusy = errors.New("too many mails are under way (mail: connections: and timeout: in the configuration)")

var errNoServer = errors.New("no mail server is configured; write mail: {server: HOST:PORT} in the configuration")

// Send gives a mail to the server and waits until that has taken it.
func (m *Mailer) Send(ctx context.Context, message Mail) error {
	if m.config.Server == "" {
		return errNoServer
	}
	name := "smtp://" + string(m.config.Server)
	if err := m.endpoints.begin(message.Flow, name, m.clock.Now()); err != nil {
		m.refused.Inc()
		return err
	}
	err := m.deliver(ctx, message)
	if err != nil {
		m.failed.Inc()
	} else {
		m.sent.Inc()
	}
	switch {
	case ctx.Err() != nil: // the caller has hung up, which says nothing of the server
		m.endpoints.abandon(message.Flow, name)
	default:
		m.endpoints.end(message.Flow, name, mute(err), m.clock.Now())
	}
	return err
}

// mute reports whether an error says that the server does not answer, and not that it
// does not like the mail.
func mute(err error) bool {
	var said *textproto.Error
	var slow *slowError
	var network net.Error
	return err != nil && !errors.As(err, &said) &&
		(errors.As(err, &slow) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

func (m *Mailer) deliver(ctx context.Context, message Mail) error {
	msg, err := m.compose(message)
	if err != nil {
		return err
	}
	limit := time.Duration(m.config.Timeout)
	bounded, stop := expiring(ctx, m.clock, limit, &slowError{text: fmt.Sprintf("the mail server %s has not taken it within %v", m.config.Server, limit)})
	defer stop()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	give, err := m.places.take(bounded, message.Flow, string(m.config.Server), func() {}) // each ends by itself in time
	if errors.Is(err, errCrowded) {
		return errBusy
	}
	if err != nil {
		return err
	}
	defer give()
	client, hangUp, err := m.client(bounded)
	if err != nil {
		return err
	}
	defer hangUp()
	err = client.DialAndSendWithContext(bounded, msg)
	if msg.IsDelivered() { // what comes after that is of no interest
		return nil
	}
	return because(bounded, err)
}

// client returns what talks to the server, over a connection that ends with bounded or
// with hangUp: go-mail looks at a context only while it connects, and leaves a
// connection open on which it could not log in.
func (m *Mailer) client(bounded context.Context) (_ *mail.Client, hangUp func(), _ error) {
	host, port, err := split(string(m.config.Server))
	if err != nil {
		return nil, nil, err
	}
	closeConn := func() {}
	options := []mail.Option{
		mail.WithPort(int(port)), mail.WithTLSConfig(m.tls.Clone()), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithoutNoop(),
		mail.WithTimeout(2 * time.Duration(m.config.Timeout)), // expiring ends it before
		mail.WithDialContextFunc(func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, configured{}, host, port)
			if err != nil {
				return nil, err
			}
			stop := context.AfterFunc(bounded, func() { _ = conn.Close() })
			closeConn = func() { stop(); _ = conn.Close() }
			if m.config.TLS == "tls" {
				return tls.Client(conn, m.tls.Clone()), nil
			}
			return conn, nil
		}),
	}
	switch m.config.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.config.User != "" {
		options = append(options, mail.WithUsername(m.config.User), mail.WithPassword(m.config.Password), mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	client, err := mail.NewClient(host, options...)
	return client, func() { closeConn() }, err
}

// compose writes the message.
func (m *Mailer) compose(message Mail) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(cmp.Or(message.From, string(m.config.From))); err != nil {
		return nil, err
	}
	if err := errors.Join(msg.To(message.To...), msg.Cc(message.Cc...), msg.Bcc(message.Bcc...)); err != nil {
		return nil, err
	}
	for _, h := range message.Header {
		msg.SetGenHeader(mail.Header(h[0]), h[1])
	}
	msg.SetDateWithValue(m.clock.Now())
	msg.SetMessageID()
	msg.SetBodyString(mail.ContentType(cmp.Or(message.Type, "text/plain")), message.Body)
	if f := message.File; f != nil {
		msg.AttachReadSeeker(f.Name, f.Content, mail.WithFileContentType(mail.ContentType(f.Type)))
	}
	return msg, nil
}

// configured permits what the admin has configured, and no script chooses.
type configured struct{}

func (configured) CheckHost(string, uint16) error            { return nil }
func (configured) CheckAddress(string, netip.AddrPort) error { return nil }
func (configured) HostsKey() string                          { return "" }
