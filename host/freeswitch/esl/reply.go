package esl

import (
	"context"
	"strings"

	"github.com/eslua/eslua/host/clock"
)

// A Reply answers one command: a command/reply, an
// api/response, or the event that answers connect.
type Reply struct{ Event }

// Text returns the body of an api/response unchanged, or else the Reply-Text.
func (r Reply) Text() string {
	switch {
	case r.form == formConnect:
		return r.Last("Reply-Text")
	case r.Type() == typeAPIResponse:
		return r.Body()
	}
	return r.Get("Reply-Text")
}

// Err returns a *ReplyError if the text begins with -ERR or -USAGE.
func (r Reply) Err() error { return refusal(r.Text()) }

func refusal(text string) error {
	if strings.HasPrefix(text, "-ERR") || strings.HasPrefix(text, "-USAGE") {
		return &ReplyError{Text: strings.TrimRight(text, "\r\n")}
	}
	return nil
}

// A Pending is a posted command in the order of replies. A caller may forget it:
// the reply is then dropped when it arrives.
type Pending struct {
	parcel
	job   *Job // that the command started, or nil
	opens bool // the command is connect or a login

	// under conn.mu
	done     chan struct{} // made only if somebody waits
	finished bool
	reply    Reply
	err      error
}

// closed is the channel of Done for a reply that has already arrived.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// finish sets the reply. It reports whether it closed done, in which case the
// waiter needs no other signal. The caller holds conn.mu.
func (p *Pending) finish(r Reply, err error) (told bool) {
	p.finished, p.reply, p.err = true, r, err
	p.arrived(len(r.raw))
	if p.done == nil {
		return false
	}
	close(p.done)
	return true
}

// Ready returns the reply, or the error of a connection that has ended, if there is
// one yet. It never blocks.
func (p *Pending) Ready() (r Reply, err error, ok bool) {
	p.conn.mu.Lock()
	defer p.conn.mu.Unlock()
	if p.finished {
		p.release()
	}
	return p.reply, p.err, p.finished
}

// Done returns a channel that is closed when Ready has a result.
func (p *Pending) Done() <-chan struct{} {
	p.conn.mu.Lock()
	defer p.conn.mu.Unlock()
	if p.finished {
		return closed
	}
	if p.done == nil {
		p.done = make(chan struct{})
	}
	return p.done
}

// Wait waits for the reply, the end of the connection or of ctx.
func (p *Pending) Wait(ctx context.Context) (Reply, error) {
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	err := p.await(ctx)
	blocker.Unblock()
	if r, failed, ok := p.Ready(); ok {
		return r, failed
	}
	p.conn.mu.Lock()
	defer p.conn.mu.Unlock()
	p.release()
	return Reply{}, err
}

// await returns when Ready has a result, or ctx has ended.
func (p *Pending) await(ctx context.Context) error {
	if !p.conn.owned {
		return either(p.Done(), ctx)
	}
	for !p.IsReady() {
		if err := p.conn.Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// IsReady reports whether Ready has a result.
func (p *Pending) IsReady() bool {
	p.conn.mu.Lock()
	defer p.conn.mu.Unlock()
	return p.finished
}

// either waits for done or the end of ctx.
func either(done <-chan struct{}, ctx context.Context) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
