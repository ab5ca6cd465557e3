// Package livetest gives tests the FreeSWITCH that ESLUA_LIVE names.
package livetest

import (
	"cmp"
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Address returns the address of the live FreeSWITCH's event socket, from
// ESLUA_LIVE, and its password, from ESLUA_LIVE_PASSWORD or ClueCon. It skips the
// test if ESLUA_LIVE is not set.
func Address(t testing.TB) (address, password string) {
	t.Helper()
	address = os.Getenv("ESLUA_LIVE")
	if address == "" {
		t.Skip("set ESLUA_LIVE=host:port to a FreeSWITCH's event socket")
	}
	return address, cmp.Or(os.Getenv("ESLUA_LIVE_PASSWORD"), "ClueCon")
}

// A Conn is a control connection to the live FreeSWITCH. An error fails the test.
type Conn struct {
	t    testing.TB
	conn *esl.Conn
	ctx  context.Context
}

// Dial connects until the test ends, or for limit at most.
func Dial(t testing.TB, limit time.Duration) *Conn {
	t.Helper()
	address, password := Address(t)
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), limit)
	c := &Conn{t: t, conn: esl.NewConn(nc, esl.Options{}), ctx: ctx}
	t.Cleanup(func() { stop(); _ = c.conn.Close() })
	if _, err := c.conn.Next(ctx); err != nil { // auth/request
		t.Fatal(err)
	}
	c.Do(esl.Auth(password))
	return c
}

// Do sends a command, as a builder returns it, and gives the reply's text.
func (c *Conn) Do(cmd esl.Command, err error) string {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	reply, err := c.conn.Do(c.ctx, cmd)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply.Text()
}

// API runs an API command and gives its output.
func (c *Conn) API(line string) string { c.t.Helper(); return c.Do(esl.API(line)) }
