package admin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// A Page shows operators how eslua is doing, at the HTTP address.
type Page interface {
	http.Handler
	// Run keeps what the page shows until ctx ends.
	Run(ctx context.Context)
	// Token returns a token for who, that is valid until eslua ends.
	Token(who string) string
}

// errNoPage says how to have a page.
var errNoPage = errors.New("eslua serves no page: write an address into the configuration, such as metrics: 127.0.0.1:8085, and restart")

// pageRoutes answers POST /page with a link to the page and a token in it. A browser does
// not send the part of a link that the token is in.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	post(mux, "/page", func(_ context.Context, v visitor) (any, error) {
		addr := s.MetricsAddr()
		if addr == "" || s.deps.Page == nil {
			return nil, errNoPage
		}
		return answer{Message: "http://" + reachable(addr) + "/#token=" + s.deps.Page.Token(person(v.Who))}, nil
	})
}

// A visitor is the body of POST /page.
type visitor struct {
	Who string `json:"who"`
}

// reachable returns an address at which a browser of this machine reaches a listener.
func reachable(addr string) string {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().IsUnspecified() {
		return addr
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(at.Port())))
}

// person bounds the name of a person, which the log shows.
func person(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "")
	}
	if name == "" {
		return "somebody"
	}
	return name
}

// PageLink returns a link to the page, with which who may change things there.
func (c *Client) PageLink(ctx context.Context, who string) (string, error) {
	var a answer
	err := c.ask(ctx, "/page", visitor{who}, &a)
	return a.Message, err
}
