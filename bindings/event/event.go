// Package event owns the Lua object of an event: freeswitch.Event(type), and the
// events that callbacks pass to a script.
//
// The methods follow switch_event.c of FreeSWITCH and the Event class of
// switch_cpp.cpp, so that a script sees the same text.
package event

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Event is an event that a script can read and, if the script has made it, fire.
// It belongs to the goroutine of its script.
type Event struct {
	kind     string // CUSTOM, MESSAGE, ...
	headers  []header
	body     string
	hasBody  bool
	received bool // from FreeSWITCH: it cannot be fired
	size     int  // in bytes
}

// header is a header. The value of a list is its ARRAY:: form.
type header struct {
	name, value string
	list        []string
}

// The bytes that a header and an element of a list take besides their text.
const (
	headerCost = 64
	slotCost   = 16
)

// MaxSize is the largest event in bytes. A script that adds more gets an error, so
// that it cannot take memory beyond its own limit.
const MaxSize = 1 << 20

// SizeError is the error for a header or a body that would make an event too big.
type SizeError struct{ Size int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the event would hold %d bytes, more than %d: send the data in several events", e.Size, MaxSize)
}

// New makes an event of a type by name ("CUSTOM", case does not matter, any
// 13-character prefix such as SWITCH_EVENT_ is skipped). An unknown type
// becomes MESSAGE, a subclass makes it CUSTOM, as mod_lua does.
func New(kind, subclass string) *Event {
	name, ok := typeName(kind)
	if !ok {
		name = "MESSAGE"
	}
	if subclass != "" {
		name = "CUSTOM"
	}
	e := &Event{kind: name}
	e.append("Event-Name", name)
	if subclass != "" {
		e.append("Event-Subclass", subclass)
	}
	return e
}

// Received makes the event of one that FreeSWITCH has sent. It can be read and
// changed, but not fired.
func Received(in esl.Event) *Event {
	kind := in.Name()
	if kind == "" { // as FreeSWITCH fires what sendevent queued to a channel
		kind = strings.TrimPrefix(in.Get("Command"), "sendevent ")
	}
	e := &Event{kind: kind, body: in.Body(), hasBody: in.Body() != "", received: true}
	for name, value := range in.All() {
		if strings.EqualFold(name, "Content-Length") {
			continue // written from the body when the event is serialised
		}
		e.append(name, value)
	}
	e.size += len(e.body)
	return e
}

// Name returns the event's type, "invalid" if it has none.
func (e *Event) Name() string {
	if e.kind == "" {
		return "invalid"
	}
	return e.kind
}

// Get returns the first header of that name, in any case. A list comes as
// "ARRAY::a|:b". "_body" is the body unless a header has that name.
func (e *Event) Get(name string) (string, bool) {
	if h := e.find(name); h != nil {
		return h.value, true
	}
	if name == "_body" && e.hasBody {
		return e.body, true
	}
	return "", false
}

// Size returns the bytes that count against the script's memory limit.
func (e *Event) Size() int { return e.size }

// Body returns the event's body and reports whether it has one.
func (e *Event) Body() (string, bool) { return e.body, e.hasBody }

// SetBody replaces the body. The error is a *SizeError.
func (e *Event) SetBody(body string) error {
	if err := e.grow(len(body) - len(e.body)); err != nil {
		return err
	}
	e.size += len(body) - len(e.body)
	e.body, e.hasBody = body, true
	return nil
}

// Add appends a header. An empty value deletes the headers of that name, a
// value "ARRAY::a|:b" becomes a list, a name "n[3]" sets a slot of a list, and
// "_body" sets the body too (switch_event.c:switch_event_base_add_header). The
// error is a *SizeError.
func (e *Event) Add(name, value string) error {
	if name == "_body" {
		if err := e.SetBody(value); err != nil {
			return err
		}
	}
	if base, index, ok := slot(name); ok {
		return e.setSlot(base, index, value)
	}
	if value == "" {
		e.Delete(name)
		return nil
	}
	if err := e.grow(headerCost + len(name) + len(value) + slotCost*strings.Count(value, "|:")); err != nil {
		return err
	}
	e.append(name, value)
	return nil
}

// Delete removes every header of that name and reports whether there was one.
func (e *Event) Delete(name string) bool {
	others := e.headers[:0]
	for _, h := range e.headers {
		if strings.EqualFold(h.name, name) {
			e.size -= h.size()
			continue
		}
		others = append(others, h)
	}
	found := len(others) < len(e.headers)
	clear(e.headers[len(others):])
	e.headers = others
	return found
}

// Merge appends the headers of other; a list continues a header of its name.
func (e *Event) Merge(other *Event) error {
	for _, h := range other.headers {
		if h.list == nil {
			if err := e.Add(h.name, h.value); err != nil {
				return err
			}
			continue
		}
		if err := e.grow(h.size()); err != nil {
			return err
		}
		e.push(h.name, h.list)
	}
	return nil
}

func (e *Event) find(name string) *header {
	for i := range e.headers {
		if strings.EqualFold(e.headers[i].name, name) {
			return &e.headers[i]
		}
	}
	return nil
}

func (e *Event) append(name, value string) {
	if rest, ok := strings.CutPrefix(value, "ARRAY::"); ok && rest != "" {
		e.push(name, strings.Split(rest, "|:"))
		return
	}
	h := header{name: name, value: value}
	e.headers = append(e.headers, h)
	e.size += h.size()
}

// push continues the header of that name as a list, or begins one.
func (e *Event) push(name string, values []string) {
	h := e.find(name)
	if h == nil {
		e.headers = append(e.headers, header{name: name})
		h = &e.headers[len(e.headers)-1]
		e.size += h.size()
	} else if h.list == nil {
		h.list = []string{h.value}
	}
	h.setList(e, append(h.list, values...))
}

func (h *header) setList(e *Event, list []string) {
	e.size -= h.size()
	h.list = list
	h.value = strings.Join(list, "|:")
	if len(list) > 1 {
		h.value = "ARRAY::" + h.value
	}
	e.size += h.size()
}

func (h *header) size() int {
	return headerCost + len(h.name) + len(h.value) + slotCost*len(h.list)
}

// maxSlot is the highest index of a list that FreeSWITCH accepts; it ignores
// higher ones.
const maxSlot = 4000

func (e *Event) setSlot(name string, index int, value string) error {
	if index < 0 || index > maxSlot {
		return nil
	}
	h := e.find(name)
	have := 0
	if h != nil {
		have = len(h.list)
	}
	if err := e.grow(len(name) + len(value) + (2+slotCost)*max(0, index+1-have) + headerCost); err != nil {
		return err
	}
	if h == nil {
		e.headers = append(e.headers, header{name: name})
		h = &e.headers[len(e.headers)-1]
		e.size += h.size()
	}
	list := h.list
	for len(list) <= index {
		list = append(list, "")
	}
	list[index] = value
	h.setList(e, list)
	return nil
}

// slot splits "name[3]".
func slot(name string) (base string, index int, ok bool) {
	base, rest, ok := strings.Cut(name, "[")
	if !ok {
		return name, 0, false
	}
	digits := strings.TrimLeft(rest, " ")
	end := 0
	for end < len(digits) && end < 6 && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	index, _ = strconv.Atoi(digits[:end])
	return base, index, true
}

func (e *Event) grow(n int) error {
	if size := e.size + n; size > MaxSize {
		return &SizeError{Size: size}
	}
	return nil
}
