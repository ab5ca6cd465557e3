package trace

import (
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/script/vm"
)

// An Arrival says what call begins.
type Arrival struct {
	UUID                      string
	Flow, Generation, Version string
	Args                      []string
	Caller, Destination       string
	Answered                  bool
}

// A Call is the trace of one run of a flow. Its methods do nothing on nil, which is a call
// of which no trace is kept. The goroutine of the call writes it.
type Call struct {
	recorder   *Recorder
	prev, next *Call // in a list of the recorder's
	id         uint64
	began      time.Time
	file       string // of the flow

	mu      sync.Mutex // guards these
	arrival Arrival
	state   string
	cause   string
	fault   string // of the script that failed
	failed  bool
	ended   time.Time
	cpu     time.Duration
	memory  int64
	pen     pen
	files   []string // that functions were called in
	open    []frame
	deeper  int // functions that have not returned and are not in open
	book
	revision uint64
	changed  chan struct{} // closed with the next change; nil: nobody waits for it

	opened  [4]frame         // where open begins
	kept    [2]chunk         // where chunks begin
	named   [2]string        // where files begin
	scratch [256]byte        // where the pen begins
	first   [firstChunk]byte // of the first chunk
}

// A frame is a function that has not returned. Its arguments are in the pen's buffer from
// mark on.
type frame struct {
	mark     int
	at       time.Duration
	function *function
	secret   bool // what it returns
}

// Bounds of what is open: callbacks are nested 25 deep.
const (
	mostOpen     = 40
	mostFiles    = 30
	mostFileName = 100
	mostScratch  = 4 << 10
)

// Watch notes an event of the call.
func (c *Call) Watch(s outbound.Sight) {
	if c == nil {
		return
	}
	i, ok := incidentOf(s)
	if !ok {
		return
	}
	now := c.recorder.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if i.state != "" {
		c.state = i.state
	}
	switch {
	case i.code == codeHungUp:
		c.cause = strings.Clone(i.texts[0])
	case i.code == codePressed && c.pen.digits:
		c.pen.heard(i.texts[0])
		i.code, i.n = codeMasked, 0
	case i.code == codeExecutes && c.pen.digits && (i.texts[0] == "send_dtmf" || i.texts[0] == "queue_dtmf"):
		i.texts[1] = masked
	}
	c.write(now, i.code, i.texts[:i.n]...)
}

// Printed notes a line that the script has printed.
func (c *Call) Printed(line string) { c.note(codePrinted, line) }

// Fallback notes what is done with the call because its script has failed.
func (c *Call) Fallback(action string) { c.note(codeFallback, action) }

// Failed notes that the script is to blame for how it ended, or that a callback of it
// has failed.
func (c *Call) Failed() {
	if c != nil {
		c.mu.Lock()
		c.failed, c.fault = true, "a callback failed; the log has the error"
		c.mu.Unlock()
	}
}

// ScriptEnded notes that the script has ended, and with what error.
func (c *Call) ScriptEnded(err error) {
	if c == nil {
		return
	}
	now := c.recorder.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.write(now, codeEnds)
	case !c.failed:
		c.write(now, codeEnded, err.Error())
	default:
		c.fault = strings.Clone(c.pen.rules.text(cut(err.Error(), mostText), c.pen.typed))
		c.held += c.recorder.hold(int64(len(c.fault)))
		c.write(now, codeFails, err.Error())
	}
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

func (c *Call) note(what code, texts ...string) {
	if c == nil {
		return
	}
	now := c.recorder.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(now, what, texts...)
}

// write adds a record of texts.
func (c *Call) write(now time.Time, what code, texts ...string) {
	if !c.ended.IsZero() {
		return
	}
	mark := len(c.pen.buf)
	c.pen.buf = append(c.pen.buf, byte(what))
	c.pen.uint(uint64(max(0, now.Sub(c.began)/time.Microsecond)))
	for _, text := range texts {
		c.pen.text(text)
	}
	c.pen.buf = append(c.pen.buf, byte(tagEnd))
	c.add(c.pen.buf[mark:])
	c.pen.buf = c.pen.buf[:mark]
	c.weigh()
}

// Enter notes that the script calls a function.
func (c *Call) Enter(a *vm.Args) {
	now, state := c.recorder.clock.Now(), a.State()
	file, line := a.Where()
	name, declared := a.Declared()
	f := c.recorder.function(name, declared)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended.IsZero() {
		return
	}
	c.cpu, c.memory = state.Used(), state.Memory()
	if len(c.open) == mostOpen {
		c.deeper++
		return
	}
	p := &c.pen
	c.open = append(c.open, frame{mark: len(p.buf), at: now.Sub(c.began), function: f})
	p.buf = append(p.buf, byte(codeCalled))
	p.uint(uint64(f.index))
	c.place(file, line)
	c.open[len(c.open)-1].secret = p.arguments(a, f, len(p.buf) > mostScratch)
	c.weigh()
	c.changes()
}

// Leave notes that the function has returned.
func (c *Call) Leave(a *vm.Args, err error) {
	now, state := c.recorder.clock.Now(), a.State()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deeper > 0 || len(c.open) == 0 {
		c.deeper = max(0, c.deeper-1)
		return
	}
	c.cpu, c.memory = state.Used(), state.Memory()
	p := &c.pen
	frame := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	p.results(a, frame.function, frame.secret)
	if err == nil {
		p.buf = append(p.buf, byte(tagNil))
	} else {
		p.text(err.Error())
	}
	at := now.Sub(c.began)
	p.uint(uint64(max(0, at/time.Microsecond)))
	p.uint(uint64(max(0, (at-frame.at)/time.Microsecond)))
	c.add(p.buf[frame.mark:])
	p.buf = p.buf[:frame.mark]
	c.weigh()
}

// place writes where a function was called.
func (c *Call) place(file string, line int) {
	i := 0
	for i < len(c.files) && c.files[i] != file {
		i++
	}
	if i == len(c.files) && i < mostFiles {
		c.files = append(c.files, strings.Clone(cut(file, mostFileName)))
		if i > 0 { // the first one is in overhead
			c.held += c.recorder.hold(int64(min(len(file), mostFileName)) + 16)
		}
	}
	c.pen.uint(uint64(i))
	c.pen.uint(uint64(max(0, line)))
}

// weigh counts the pen's buffer, and gives a large one back.
func (c *Call) weigh() {
	if len(c.open) == 0 && cap(c.pen.buf) > 1<<10 {
		c.pen.buf = c.scratch[:0]
	}
	if n := int64(cap(c.pen.buf)); n != c.penned {
		c.held += c.recorder.hold(n - c.penned)
		c.penned = n
	}
}

// changes wakes those who look at the call.
func (c *Call) changes() {
	c.revision++
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// add adds a record.
func (c *Call) add(record []byte) {
	if c.ended.IsZero() {
		c.book.add(c.recorder, record)
		c.changes()
	}
}
