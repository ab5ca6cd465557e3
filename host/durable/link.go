package durable

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// reconnectWait is the pause before each attempt to renew a lost connection.
const reconnectWait = 100 * time.Millisecond

// A link is the connection to a server. NATS renews it whenever it is lost.
type link struct {
	made   chan struct{} // closed when the rest is known
	conn   *nats.Conn
	stream jetstream.JetStream
	err    error
}

// JetStream returns the connection. It waits for no server: what is asked of JetStream
// before one answers fails, or waits as long as its context permits.
func (s *Store) JetStream() (jetstream.JetStream, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	s.want()
	l, first := s.linked()
	if first {
		l.conn, l.stream, l.err = s.connect()
		if l.err != nil {
			s.mu.Lock()
			s.link = nil // the next use tries again
			s.mu.Unlock()
		}
		close(l.made)
	}
	<-l.made
	return l.stream, l.err
}

// linked returns the link, and whether its caller is the first, which makes it.
func (s *Store) linked() (l *link, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first = s.link == nil; first {
		s.link = &link{made: make(chan struct{})}
	}
	return s.link, first
}

func (s *Store) connect() (*nats.Conn, jetstream.JetStream, error) {
	conn, err := s.dial()
	if err != nil {
		return nil, nil, fmt.Errorf("nats: %w", err)
	}
	stream, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("nats: %w", err)
	}
	return conn, stream, nil
}

func (s *Store) dial() (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("eslua"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait), nats.ReconnectBufSize(-1), nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil && s.holder == nil {
				s.log.Warn("the connection to the NATS servers is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			if s.holder == nil {
				s.log.Info("connected to a NATS server", "server", c.ConnectedUrlRedacted())
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.log.Warn("a NATS server reports an error", "error", err)
		}),
	}
	if s.holder != nil {
		return nats.Connect("", append(options, nats.InProcessServer(s.holder))...)
	}
	if s.config.Credentials != "" {
		options = append(options, nats.UserCredentials(s.config.Credentials))
	}
	if s.config.Roots != "" {
		options = append(options, nats.RootCAs(s.config.Roots))
	}
	if s.config.Certificate != "" {
		options = append(options, nats.ClientCert(s.config.Certificate, s.config.Key))
	}
	return nats.Connect(strings.Join(s.config.Servers, ","), options...)
}

func (s *Store) close() {
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		return
	}
	if <-l.made; l.conn != nil {
		l.conn.Close()
	}
}

// conn returns the connection if there is one by now.
func (s *Store) conn() *nats.Conn {
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	select {
	case <-l.made:
		return l.conn
	default:
		return nil
	}
}
