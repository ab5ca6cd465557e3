package outbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/durable"
)

// MostBody bounds the body of a push.
const MostBody = durable.MostBytes

// A Push is one thing that an endpoint is told.
type Push struct {
	ID       string    `json:"id"` // 1 to 64 letters, digits, - and _; "": Accept makes one
	Endpoint string    `json:"endpoint"`
	Flow     string    `json:"flow,omitempty"`  // whose script has pushed it; "": a push of the configuration
	Order    string    `json:"order,omitempty"` // pushes of a flow with the same one are delivered in order; "": in any
	Type     string    `json:"type,omitempty"`  // such as call.ended
	Method   string    `json:"method"`          // "": POST
	Query    string    `json:"query,omitempty"` // is added to that of the endpoint's URL
	Accepted time.Time `json:"accepted"`
	Body     []byte    `json:"-"`
}

const (
	outStream     = "ESLUA_OUTBOX"
	deadStream    = "ESLUA_DEAD"
	attemptStream = "ESLUA_ATTEMPTS"

	outSubject     = "eslua.outbox."  // ENDPOINT.ORDER.ID
	deadSubject    = "eslua.dead."    // ENDPOINT.ID
	attemptSubject = "eslua.attempt." // ID
	turnSubject    = "eslua.turn."    // ENDPOINT, on no stream: a push of an order has ended

	unordered = "-"

	headerID       = "Eslua-Id"
	headerEndpoint = "Eslua-Endpoint"
	headerFlow     = "Eslua-Flow"
	headerOrder    = "Eslua-Order"
	headerType     = "Eslua-Type"
	headerMethod   = "Eslua-Method"
	headerQuery    = "Eslua-Query"
	headerAccepted = "Eslua-Accepted"
	headerError    = "Eslua-Error" // of a dead letter
)

func (p *Push) check() error {
	if err := durable.CheckName("id of a push", p.ID); err != nil {
		return err
	}
	switch {
	case len(p.Body) > MostBody:
		return fmt.Errorf("a push of %d bytes is too long; at most %d", len(p.Body), MostBody)
	case len(p.Order) > 256 || len(p.Type) > 256 || len(p.Query) > 16<<10:
		return fmt.Errorf("the order, the type (at most 256 bytes) or the query (at most 16 KiB) of a push is too long")
	case strings.ContainsAny(p.Order+p.Type+p.Query, "\r\n\x00"):
		return fmt.Errorf("the order, the type and the query of a push are one line each")
	}
	switch p.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return nil
	}
	return fmt.Errorf("a push goes by POST, GET, PUT, PATCH or DELETE, not by %.20q", p.Method)
}

// OwnID returns the id of a push or a message whose script has chosen an id: no two flows
// have the same one, so that no script can have what another one sends taken for sent.
func OwnID(flow, id string) string {
	sum := sha256.Sum256([]byte(flow))
	return id + "-" + hex.EncodeToString(sum[:4])
}

// MostID bounds an id that a script chooses.
const MostID = 55

// line returns what the pushes have in common that are delivered in order; "" if this one
// is in none. No flow gets into the line of another one: the first push of a line holds up
// the others.
func (p *Push) line() string {
	if p.Order == "" || p.Flow == "" {
		return p.Order
	}
	return p.Flow + "\x00" + p.Order
}

// orderToken returns a token of a subject for an order key.
func orderToken(order string) string {
	switch {
	case order == "":
		return unordered
	case order != unordered && durable.IsName(order):
		return order
	}
	sum := sha256.Sum256([]byte(order))
	return "=" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// message returns the push as JetStream keeps it. unique tells JetStream whether it has
// it already.
func (p *Push) message(subject, unique string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = p.Body
	for name, value := range map[string]string{
		jetstream.MsgIDHeader: unique, headerID: p.ID, headerEndpoint: p.Endpoint, headerFlow: url.PathEscape(p.Flow), headerOrder: p.Order, headerType: p.Type,
		headerMethod: p.Method, headerQuery: p.Query, headerAccepted: p.Accepted.UTC().Format(time.RFC3339Nano),
	} {
		if value != "" {
			m.Header.Set(name, value)
		}
	}
	return m
}

func (p *Push) subject() string {
	return outSubject + p.Endpoint + "." + orderToken(p.line()) + "." + p.ID
}

// read returns the push of a message.
func read(header nats.Header, data []byte) Push {
	accepted, _ := time.Parse(time.RFC3339Nano, header.Get(headerAccepted))
	flow, _ := url.PathUnescape(header.Get(headerFlow))
	return Push{
		ID: header.Get(headerID), Endpoint: header.Get(headerEndpoint), Flow: flow, Order: header.Get(headerOrder), Type: header.Get(headerType),
		Method: header.Get(headerMethod), Query: header.Get(headerQuery), Accepted: accepted, Body: data,
	}
}
