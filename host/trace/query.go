package trace

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Query selects calls. The zero Query selects all.
type Query struct {
	ID      uint64 `json:"id,omitempty"`
	UUID    string `json:"uuid,omitempty"` // or its beginning
	Flow    string `json:"flow,omitempty"`
	Failed  bool   `json:"failed,omitempty"`  // only calls whose script failed
	Running bool   `json:"running,omitempty"` // only calls that have not ended
	After   uint64 `json:"after,omitempty"`   // only calls with a greater ID
	Most    int    `json:"most,omitempty"`    // 0: all
}

// Selects reports whether a call is as asked for.
func (q Query) Selects(s Summary) bool {
	return (q.ID == 0 || q.ID == s.ID) && (q.Flow == "" || q.Flow == s.Flow) && (q.After == 0 || s.ID > q.After) &&
		strings.HasPrefix(strings.ToLower(s.UUID), strings.ToLower(q.UUID)) &&
		(!q.Failed || s.Failed) && (!q.Running || s.Until.IsZero())
}

// String says what is selected, for a person.
func (q Query) String() string {
	what := "call"
	if q.Running {
		what = "running call"
	}
	if q.Failed {
		what = "failed " + what
	}
	if q.Flow != "" {
		what += " of the flow " + q.Flow
	}
	if q.UUID != "" {
		what += fmt.Sprintf(" whose UUID begins with %.100q", q.UUID)
	}
	return what
}

// all returns the calls, the newest first.
func (r *Recorder) all() (calls []*Call) {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	for _, l := range []*list{&r.running, &r.fine, &r.failed} {
		for c := l.first; c != nil; c = c.next {
			calls = append(calls, c)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(calls, func(a, b *Call) int { return cmp.Compare(b.id, a.id) })
	return calls
}

// Calls lists the calls that a query selects, the newest first.
func (r *Recorder) Calls(q Query) []Summary {
	list := []Summary{}
	for _, c := range r.all() {
		c.mu.Lock()
		s := c.summary()
		c.mu.Unlock()
		if q.Selects(s) {
			list = append(list, s)
		}
		if q.Most > 0 && len(list) == q.Most {
			break
		}
	}
	return list
}

// find returns the newest call that a query selects.
func (r *Recorder) find(q Query) (*Call, bool) {
	for _, c := range r.all() {
		c.mu.Lock()
		s := c.summary()
		c.mu.Unlock()
		if q.Selects(s) {
			return c, true
		}
	}
	return nil, false
}

// A NoCallError means that no call is as asked for.
type NoCallError struct{ Query Query }

func (e *NoCallError) Error() string {
	return "eslua has no trace of a " + e.Query.String() + "; eslua calls lists the calls that it has"
}

// Ladder returns the newest call that a query selects.
func (r *Recorder) Ladder(q Query) (Ladder, error) {
	c, ok := r.find(q)
	if !ok {
		return Ladder{}, &NoCallError{q}
	}
	return c.ladder(0), nil
}

// A Mark says how much of a call somebody has seen.
type Mark struct {
	Rungs    int
	Revision uint64
}

// Mark returns the mark of who has seen all of a ladder.
func (l Ladder) Mark() Mark { return Mark{l.Rungs, l.Revision} }

// Await waits until the call with an ID has changed since a mark, or has ended, and returns
// it with the rungs since then.
func (r *Recorder) Await(ctx context.Context, id uint64, since Mark) (Ladder, error) {
	q := Query{ID: id}
	c, ok := r.find(q)
	if !ok {
		return Ladder{}, &NoCallError{q}
	}
	for {
		c.mu.Lock()
		news := c.revision > since.Revision || !c.ended.IsZero()
		if !news && c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		if news {
			return c.ladder(since.Rungs), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Ladder{}, ctx.Err()
		}
	}
}

// AwaitCall waits until there is a call that a query selects, and returns it.
func (r *Recorder) AwaitCall(ctx context.Context, q Query) (Summary, error) {
	for {
		r.mu.Lock()
		if r.begun == nil {
			r.begun = make(chan struct{})
		}
		begun := r.begun
		r.mu.Unlock()
		if list := r.Calls(q); len(list) > 0 {
			return list[len(list)-1], nil
		}
		select {
		case <-begun:
		case <-ctx.Done():
			return Summary{}, ctx.Err()
		}
	}
}

// summary describes the call; its caller has the lock.
func (c *Call) summary() Summary {
	s := Summary{
		ID: c.id, UUID: c.arrival.UUID, Flow: c.arrival.Flow, Generation: c.arrival.Generation, Version: c.arrival.Version,
		Args: c.arrival.Args, Caller: c.arrival.Caller, Destination: c.arrival.Destination,
		Since: c.began, Until: c.ended, State: c.state, Cause: c.cause, Failed: c.failed, Error: c.fault,
		CPU: float64(c.cpu) / float64(time.Millisecond), Memory: c.memory, Rungs: c.count, Omitted: c.omitted, Revision: c.revision,
	}
	for i, f := range c.open {
		end := len(c.pen.buf)
		if i+1 < len(c.open) {
			end = c.open[i+1].mark
		}
		s.Waits = append(s.Waits, c.waiting(c.pen.buf[f.mark:end], f.at))
	}
	return s
}

// ladder returns the call with its records from a number on.
func (c *Call) ladder(from int) Ladder {
	c.mu.Lock()
	l := Ladder{Summary: c.summary(), Steps: []Rung{}}
	files := c.files // of which only the end changes
	var chunks []chunk
	for _, k := range c.chunks {
		if k.first+k.n > from {
			k.buf = slices.Clone(k.buf)
			chunks = append(chunks, k)
		}
	}
	c.mu.Unlock()
	for _, k := range chunks {
		r := reader{buf: k.buf, files: files}
		for n := k.first; n < k.first+k.n && len(r.buf) > 0; n++ {
			rung := c.rung(&r)
			rung.N = n
			if n >= from {
				l.Steps = append(l.Steps, rung)
			}
		}
	}
	return l
}

// Ladder returns the call with all its rungs, the zero Ladder for nil.
func (c *Call) Ladder() Ladder {
	if c == nil {
		return Ladder{}
	}
	return c.ladder(0)
}

// rung reads one record.
func (c *Call) rung(r *reader) Rung {
	what := code(r.byte())
	if what != codeCalled {
		at := time.Duration(r.uint()) * time.Microsecond
		var texts []string
		for r.peek() != tagEnd {
			texts = append(texts, r.text())
		}
		r.byte()
		if what == codePrinted && len(texts) > 0 {
			texts[0] = quoted(texts[0])
		}
		if what == codeBegins {
			texts = []string{strings.Join(append([]string{c.arrival.Flow}, c.arrival.Args...), " "), c.arrival.Generation}
		}
		who, text := say(what, texts)
		return Rung{At: c.began.Add(at), Ms: ms(at), Who: who, Kind: what.kind(), What: text, Bad: what == codeFails}
	}
	f := c.called(r)
	if results := r.values(); len(results) > 0 {
		f.What += " = " + strings.Join(results, ", ")
	}
	if r.peek() == tagNil {
		r.byte()
	} else {
		f.What += " failed: " + r.text()
		f.Bad = true
	}
	at, took := time.Duration(r.uint())*time.Microsecond, time.Duration(r.uint())*time.Microsecond
	f.At, f.Ms, f.Took = c.began.Add(at), ms(at), ms(took)
	return f
}

// called reads the beginning of a record, which a function that has not returned has too.
func (c *Call) called(r *reader) Rung {
	name := c.recorder.nameOf(r.uint())
	file, line := r.uint(), r.uint()
	f := Rung{Who: Script, Kind: Function, Line: int(line)}
	if file < uint64(len(r.files)) {
		f.File = r.files[file]
	}
	f.What = asCall(name, r.values())
	return f
}

func (c *Call) waiting(record []byte, at time.Duration) Rung {
	r := reader{buf: record, files: c.files}
	r.byte()
	f := c.called(&r)
	f.At, f.Ms = c.began.Add(at), ms(at)
	return f
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
