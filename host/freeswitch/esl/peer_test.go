package esl

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// A peer is the FreeSWITCH side of a connection, driven by the test.
type peer struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func newPeer(t testing.TB, nc net.Conn) *peer {
	return &peer{t: t, nc: nc, r: bufio.NewReader(nc)}
}

// connected returns a Conn and its peer over TCP that has accepted a login; both end with
// the test.
func connected(t testing.TB, o Options) (*Conn, *peer) {
	t.Helper()
	c, p := greeting(t, o)
	logIn(t, c, p)
	return c, p
}

// logIn returns when the peer has accepted a login.
func logIn(t testing.TB, c *Conn, p *peer) {
	t.Helper()
	sent, err := c.Post(must(t)(Auth("ClueCon")))
	if err != nil {
		t.Fatal(err)
	}
	p.command()
	p.send(accepted)
	if _, err := sent[0].Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var accepted = reply("+OK accepted")

// greeting returns a Conn and its peer over TCP, which has not answered anything yet.
func greeting(t testing.TB, o Options) (*Conn, *peer) {
	t.Helper()
	return over(t, NewConn, o)
}

// over returns a Conn over TCP that open makes, and its peer; both end with the test.
func over(t testing.TB, open func(net.Conn, Options) *Conn, o Options) (*Conn, *peer) {
	t.Helper()
	near, far := tcpPair(t)
	c := open(near, o)
	t.Cleanup(func() {
		c.Close()
		far.Close()
	})
	return c, newPeer(t, far)
}

// command reads one command, without its body.
func (p *peer) command() string {
	p.t.Helper()
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			p.t.Errorf("the peer read %q, then %v", b.String(), err)
			return b.String()
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return b.String()
		}
		b.WriteString(line + "\n")
	}
}

func (p *peer) send(frames ...string) {
	p.t.Helper()
	if _, err := p.nc.Write([]byte(strings.Join(frames, ""))); err != nil {
		p.t.Error(err)
	}
}

func reply(text string) string {
	return "Content-Type: command/reply\nReply-Text: " + text + "\n\n"
}

func apiResponse(body string) string {
	return fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body)
}

func plain(headers ...string) string { return plainBody("", headers...) }

// plainBody writes an event as FreeSWITCH would send it; headers are "Name: value".
func plainBody(body string, headers ...string) string {
	event := strings.Join(headers, "\n") + "\n"
	if body != "" {
		event += fmt.Sprintf("Content-Length: %d\n", len(body))
	}
	event += "\n" + body
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(event), event)
}

func notice(disposition, body string) string {
	return fmt.Sprintf("Content-Type: text/disconnect-notice\nContent-Disposition: %s\nContent-Length: %d\n\n%s", disposition, len(body), body)
}

// command that cannot fail
func must(t testing.TB) func(Command, error) Command {
	return func(c Command, err error) Command {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}
