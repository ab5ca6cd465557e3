package page

import (
	"encoding/json"
	"net/http"
	"slices"
)

// An Order is a change that somebody has made on the page.
type Order struct {
	At     int64  `json:"at"`
	Who    string `json:"who"`
	What   string `json:"what"`
	Flow   string `json:"flow,omitempty"`
	Target string `json:"generation,omitempty"`
	Answer string `json:"answer"`
	Failed bool   `json:"failed,omitempty"`
}

const (
	maxOrders  = 20
	maxRequest = 4 << 10  // bytes of the body of an order
	maxDiff    = 64 << 10 // bytes of a diff that are shown
)

// A command is a kind of Order.
type command struct {
	what string
	do   func(p *Page, o target) (string, error)
}

// A target is the body of an order.
type target struct {
	Flow       string `json:"flow"`       // "" means all flows
	Generation string `json:"generation"` // a prefix of its name
}

var orders = []command{
	{"rollback", func(p *Page, o target) (string, error) { return p.deps.Rollback(o.Flow, o.Generation) }},
	{"pin", func(p *Page, o target) (string, error) { return p.deps.Pin(o.Flow, o.Generation) }},
	{"unpin", func(p *Page, o target) (string, error) { return p.deps.Unpin(o.Flow) }},
	{"drain", func(p *Page, _ target) (string, error) {
		p.deps.Drain(false)
		return "eslua takes no new calls, and ends after the last one", nil
	}},
}

// order changes something, and logs who has changed it.
func (p *Page) order(w http.ResponseWriter, r *http.Request, v visitor, c command) {
	var o target
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil {
		fail(w, http.StatusBadRequest, "bad request body: "+err.Error())
		return
	}
	text, err := c.do(p, o)
	done := Order{At: p.deps.Clock.Now().UnixMilli(), Who: v.name, What: c.what, Flow: cut(o.Flow), Target: cut(o.Generation), Answer: cut(text), Failed: err != nil}
	if err != nil {
		done.Answer = cut(err.Error())
	}
	p.deps.Log.Info("an order was given on the page", "order", c.what, "flow", done.Flow, "generation", done.Target, "who", v.name, "from", v.from, "answer", done.Answer)
	p.mu.Lock()
	p.orders = slices.Insert(p.orders, 0, done)
	p.orders = p.orders[:min(len(p.orders), maxOrders)]
	p.mu.Unlock()
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	reply(w, answer{Message: text})
}

// diff shows what an order would change.
func (p *Page) diff(w http.ResponseWriter, r *http.Request, _ visitor) {
	q := r.URL.Query()
	text, err := p.deps.Diff(q.Get("flow"), q.Get("from"), q.Get("to"))
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	if len(text) > maxDiff {
		text = text[:maxDiff] + "\n... eslua scripts diff shows all of it\n"
	}
	reply(w, answer{Message: text})
}
