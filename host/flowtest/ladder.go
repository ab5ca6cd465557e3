package flowtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/switchsim"
)

// A Rung is one line of a ladder: what the switch, a person or the script did.
type Rung struct {
	At              time.Time
	UUID, Who, What string
	Kind            string        // of switchsim.Entry; "script" or "log"
	took            time.Duration // of what a script has called
	order           int
}

// A ladder collects the rungs of a test.
type ladder struct {
	mu     sync.Mutex
	began  time.Time
	first  string // UUID of the first call
	rungs  []Rung
	bytes  int // that the rungs hold
	errors []scriptError
	order  *Order
}

// A scriptError is what a script that failed has left in the log.
type scriptError struct {
	uuid, text string
	order      int
}

func newLadder(o *Order) *ladder { return &ladder{order: o} }

// restart forgets everything.
func (l *ladder) restart() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began, l.first, l.rungs, l.bytes, l.errors = time.Time{}, "", nil, 0, nil
}

func (l *ladder) begin(uuid string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == "" {
		l.first, l.began = uuid, time.Now()
	}
}

// failures returns how many scripts have failed.
func (l *ladder) failures() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.errors)
}

// forgive forgets the error of a script without a call, if it has come after the first n.
func (l *ladder) forgive(n int, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := n; i < len(l.errors); i++ {
		if e := l.errors[i]; e.uuid == "" && e.text == text {
			l.errors = slices.Delete(l.errors, i, i+1)
			return
		}
	}
}

// mostRungs bounds what a ladder has of a script that calls functions for ever.
const mostRungs = 20_000

func (l *ladder) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.rungs) >= mostRungs
}

func (l *ladder) add(r Rung) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		l.began = r.At
	}
	if l.bytes += len(r.What) + 160; l.bytes > mostLadder {
		l.order.End(errFull)
		return
	}
	r.order = len(l.rungs)
	l.rungs = append(l.rungs, r)
}

// shown lists the kinds of the switch's entries that a ladder has.
var shown = map[string]bool{"progress": true, "answer": true, "execute": true, "play": true, "dtmf": true, "bridge": true, "unbridge": true, "conference": true, "hangup": true, "error": true}

// onSwitch adds an entry of the switch.
func (l *ladder) onSwitch(e switchsim.Entry) {
	if !shown[e.Kind] || e.UUID == "" || e.Kind == "execute" && isBookkeeping(e.What) {
		return
	}
	who := e.Who
	l.mu.Lock()
	if e.UUID != l.first {
		who, _, _ = strings.Cut(e.Channel[strings.LastIndexByte(e.Channel, '/')+1:], "@")
	}
	l.mu.Unlock()
	l.add(Rung{At: e.At, UUID: e.UUID, Who: who, What: e.What, Kind: e.Kind})
}

func isBookkeeping(what string) bool {
	app, data, _ := strings.Cut(what, " ")
	return outbound.IsBookkeeping(app, data)
}

// of returns the rungs of a channel of one kind.
func (l *ladder) of(uuid, kind string) (list []Rung) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rungs {
		if r.Kind == kind && (uuid == "" || r.UUID == uuid) {
			list = append(list, r)
		}
	}
	return list
}

// Ladder prints what has happened, with a mark at what is wrong. Of a long ladder it prints
// the begin, the end, and what is near the marks.
func (s *Scene) Ladder(w io.Writer, wrong []Mismatch) {
	l := s.ladder
	l.mu.Lock()
	rungs := slices.Clone(l.rungs)
	l.mu.Unlock()
	slices.SortStableFunc(rungs, func(a, b Rung) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	marks := map[int]Mismatch{} // by the rung's index
	for i, r := range rungs {
		if at := slices.IndexFunc(wrong, func(m Mismatch) bool { return m.rung == r.order+1 }); at >= 0 {
			marks[i] = wrong[at]
		}
	}
	for i := 0; i < len(rungs); i++ {
		if next := nextShown(i, len(rungs), marks); next > i+1 {
			fmt.Fprintf(w, "%12s  ... %d lines omitted\n", "", next-i)
			i = next
		}
		m, marked := marks[i]
		mark := " "
		if marked {
			mark = ">"
		}
		fmt.Fprintf(w, "%s %9.3f  %-7s %s\n", mark, rungs[i].At.Sub(l.began).Seconds(), rungs[i].Who, cut(oneLine.Replace(rungs[i].What)))
		if m.Want != "" {
			fmt.Fprintf(w, "%22s%s\n", "", m.expected())
		}
	}
	for _, m := range wrong {
		if m.rung == 0 {
			fmt.Fprintf(w, "> %9s           %s\n", "end", m.expected())
		}
	}
}

// How many rungs are printed of a long ladder: at both ends, and before and after each mark.
const (
	shownAtEnds   = 25
	shownNearMark = 10
)

// nextShown returns the index of the first rung from i on that is printed.
func nextShown(i, rungs int, marks map[int]Mismatch) int {
	if i < shownAtEnds {
		return i
	}
	next := max(i, rungs-shownAtEnds)
	for m := range marks {
		if m+shownNearMark >= i {
			next = min(next, max(i, m-shownNearMark))
		}
	}
	return next
}

// cut bounds a line.
func cut(line string) string {
	const most = 1000
	if len(line) <= most {
		return line
	}
	return strings.ToValidUTF8(line[:most], "") + fmt.Sprintf("... (%d bytes)", len(line))
}

var oneLine = strings.NewReplacer("\n", "\\n", "\r", "\\r")

// A Log takes the lines that a host logs.
type Log struct {
	stage *Stage
	uuid  string
	flow  bool
}

// Enabled returns true.
func (Log) Enabled(context.Context, slog.Level) bool { return true }

// WithGroup returns the handler.
func (h Log) WithGroup(string) slog.Handler { return h }

// WithAttrs notes which call the lines are about.
func (h Log) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "uuid" {
			h.uuid = a.Value.String()
		}
		h.flow = h.flow || a.Key == "flow" || a.Key == "script" || a.Key == "hook"
	}
	return h
}

// Handle adds a line that belongs to a flow to the ladder.
func (h Log) Handle(_ context.Context, r slog.Record) error {
	var failed string
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "error":
			failed = a.Value.String()
		case "flow", "hook":
			h.flow = true
		}
		return true
	})
	if !h.flow || r.Level < slog.LevelInfo || h.stage.isDead() {
		return nil
	}
	text := r.Message
	if failed != "" {
		text += ": " + failed
	}
	l := h.stage.scene.ladder
	l.add(Rung{At: r.Time, UUID: h.uuid, Who: "log", What: text, Kind: "log"})
	if failed != "" && r.Level >= slog.LevelError && l.order.Err() == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.errors = append(l.errors, scriptError{h.uuid, failed, len(l.rungs)})
	}
	return nil
}
