package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/operate/config"
)

// A door decides who may see the page's data and who may change something.
//
// A token says who somebody is: one of the configuration, or one that eslua page has
// printed. It comes in a header, so that no other site can have a browser send it. Without
// a token, programs of this machine may look, unless the configuration has tokens.
type door struct {
	secret  []byte
	tokens  map[string][sha256.Size]byte // by whose it is
	names   []string                     // under which browsers know this host
	sites   *http.CrossOriginProtection
	log     *slog.Logger
	refused *prometheus.CounterVec
}

func newDoor(cfg config.Page, log *slog.Logger) *door {
	d := &door{secret: make([]byte, 32), tokens: map[string][sha256.Size]byte{}, names: cfg.Names, sites: http.NewCrossOriginProtection(), log: log}
	_, _ = rand.Read(d.secret) // never fails
	for who, token := range cfg.Tokens {
		d.tokens[who] = sha256.Sum256([]byte(token))
	}
	d.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eslua_page_refused_total",
		Help: "Requests to the page that were refused: for their token, the name of the host, another site, or too many pages.",
	}, []string{"reason"})
	return d
}

// sign returns a token for who.
func (d *door) sign(who string) string {
	mac := hmac.New(sha256.New, d.secret)
	mac.Write([]byte(who))
	return hex.EncodeToString([]byte(who)) + "." + hex.EncodeToString(mac.Sum(nil))
}

// owner returns whose a token is. Comparisons take the same time whatever the token.
func (d *door) owner(token string) (who string, ok bool) {
	if name, _, signed := strings.Cut(token, "."); signed {
		if text, err := hex.DecodeString(name); err == nil && hmac.Equal([]byte(d.sign(string(text))), []byte(token)) {
			return string(text), true
		}
	}
	sum := sha256.Sum256([]byte(token))
	for name, want := range d.tokens {
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			who, ok = name, true
		}
	}
	return who, ok
}

// A visitor is who has sent a request.
type visitor struct {
	name string // "" if no token says it
	from string // address
}

// header must be in every request for data. A browser asks us before it sends such a
// header for another site, and we do not answer.
const header = "Eslua-Page"

// known lets requests through that name this host as it is known: a site whose name
// leads here for a moment could read everything otherwise.
func (d *door) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostname(r.Host); !isAddress(host) && !slices.ContainsFunc(d.names, func(n string) bool { return strings.EqualFold(n, host) }) {
			d.refuse(w, r, http.StatusMisdirectedRequest, "host", "the page answers to addresses and localhost; write the name by which browsers reach it into the configuration: page: {names: [NAME]}")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guarded lets those through who may ask for data; with change only those with a token.
func (d *door) guarded(change bool, next func(http.ResponseWriter, *http.Request, visitor)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(header) == "" || d.sites.Check(r) != nil || !slices.Contains([]string{"", "same-origin"}, r.Header.Get("Sec-Fetch-Site")) {
			d.refuse(w, r, http.StatusForbidden, "site", "only the page itself may ask; other programs send the header "+header+": 1")
			return
		}
		v := visitor{from: r.RemoteAddr}
		token, sent := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if sent {
			if v.name, sent = d.owner(token); !sent {
				d.log.Warn("somebody sent a wrong token to the page", "from", r.RemoteAddr)
				d.refuse(w, r, http.StatusUnauthorized, "token", "this token is not valid, or no longer; eslua page prints a link with a new one")
				return
			}
		}
		if !sent && (change || len(d.tokens) > 0 || !isLocal(r)) {
			d.refuse(w, r, http.StatusUnauthorized, "token", "this needs a token; eslua page, typed on the host, prints a link with one")
			return
		}
		next(w, r, v)
	})
}

// refuse answers with an error.
func (d *door) refuse(w http.ResponseWriter, r *http.Request, code int, reason, text string) {
	d.refused.WithLabelValues(reason).Inc()
	d.log.Debug("the page refused a request", "reason", reason, "from", r.RemoteAddr)
	fail(w, code, text)
}

// isLocal reports whether a request is from a program of this machine, and not from a
// proxy that passes on what others ask.
func isLocal(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, passed := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(passed) != "" {
			return false
		}
	}
	host := hostname(r.Host)
	at, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && at.Unmap().IsLoopback()
}

// hostname returns the host without its port.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// isAddress reports whether a host is an address or localhost, to which no other name can
// be made to lead.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}
