package page

import (
	"context"
	"net/http"
	"time"
)

const (
	// maxSeats bounds the pages that are open at a time. Each costs a goroutine and a
	// connection; the states are the same bytes for all.
	maxSeats = 16
	// patience limits how long a page may take to read a state before it has to connect again.
	patience = 10 * time.Second
)

// stream sends states as server-sent events until the client goes. A slow reader misses
// states, which are whole each, and delays nobody.
func (p *Page) stream(w http.ResponseWriter, r *http.Request, v visitor) {
	control := http.NewResponseController(w)
	ctx, leave := context.WithCancel(r.Context())
	defer leave()
	seat := p.seats.take(v.name != "", func() {
		leave()
		_ = control.SetWriteDeadline(time.Unix(1, 0)) // it may hang in a write
	})
	if seat == nil {
		p.door.refuse(w, r, http.StatusServiceUnavailable, "seats", "as many pages are open as may be; close one of them, or open it with the link of eslua page")
		return
	}
	defer p.seats.free(seat)
	_ = control.SetReadDeadline(time.Time{}) // it would end the request's context
	_ = control.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		state, fresh := p.latest()
		late := p.deps.Clock.AfterFunc(patience, func() { _ = control.SetWriteDeadline(time.Unix(1, 0)) })
		_, err := w.Write(state.text)
		if err == nil {
			err = control.Flush()
		}
		late.Stop()
		if err != nil {
			return
		}
		select {
		case <-fresh:
		case <-ctx.Done():
			return
		}
	}
}
