package node

import (
	"context"
	"math/rand/v2"
	"net"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A Node is one FreeSWITCH to stay connected to.
type Node struct {
	Name     string
	Address  string // host:port of mod_event_socket; port 8021 if left out
	User     string // user@domain for userauth; empty: the password of event_socket.conf.xml
	Password string // that user's esl-password, or the one of event_socket.conf.xml
	Tags     []string
	Weight   int // its share of the calls that Pick distributes
}

const defaultPort = "8021"

func (n Node) address() string {
	if _, _, err := net.SplitHostPort(n.Address); err != nil {
		return net.JoinHostPort(n.Address, defaultPort)
	}
	return n.Address
}

// login returns the command that authenticates.
func (n Node) login() (esl.Command, error) {
	if n.User != "" {
		return esl.UserAuth(n.User, n.Password)
	}
	return esl.Auth(n.Password)
}

// Options adjust a Link. A zero field has the default.
type Options struct {
	Wire  esl.Options
	Gates *Gates                                                      // bound the commands of scripts; nil: nothing does
	Rand  func() float64                                              // [0,1), spreads reconnects; default math/rand
	Dial  func(ctx context.Context, address string) (net.Conn, error) // default TCP
}

func (o Options) withDefaults() Options {
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Dial == nil {
		o.Dial = dial
	}
	return o
}
