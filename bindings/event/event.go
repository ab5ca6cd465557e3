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
	"github.com/eslua/eslua/host/freeswitch/syntax"
	lua "github.com/yuin/gopher-lua"
)

// An Event can be read by a script and, if the script has made it, fired.
// It belongs to the goroutine of its script.
type Event struct {
	kind     string // CUSTOM, MESSAGE, ...
	headers  headers
	body     string
	hasBody  bool
	received bool // from FreeSWITCH: it cannot be fired
	arrived  int  // the bytes that FreeSWITCH has sent
	size     int  // in bytes
	cursor   int  // of nextHeader
	// unread is the event as FreeSWITCH has sent it, until something needs more than single headers:
	// most scripts look at two or three of a hundred.
	unread esl.Event
}

// MaxSize limits the bytes of an event. A script that adds more gets an error, so
// that it cannot take memory beyond its own limit.
const MaxSize = 1 << 20

// A SizeError says that a header or a body would make an event too big.
type SizeError struct{ Size int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the event would hold %d bytes, more than %d: send the data in several events", e.Size, MaxSize)
}

// New makes an event of a type by name ("CUSTOM", case does not matter, any
// 13-character prefix such as SWITCH_EVENT_ is skipped). An unknown type
// becomes MESSAGE, a subclass makes it CUSTOM, as mod_lua does. base are the headers
// that every event begins with.
func New(kind, subclass string, base ...[2]string) *Event {
	name, ok := syntax.EventName(kind)
	if !ok {
		name = "MESSAGE"
	}
	if subclass != "" {
		name = "CUSTOM"
	}
	e := &Event{kind: name}
	e.append("Event-Name", name)
	for _, h := range base {
		e.append(h[0], h[1])
	}
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
	return &Event{kind: kind, received: true, arrived: in.Size(), unread: in}
}

// open reads all that FreeSWITCH has sent.
func (e *Event) open() {
	if e.unread.IsZero() {
		return
	}
	in := e.unread
	e.unread = esl.Event{}
	e.body = in.Body()
	e.hasBody = e.body != ""
	for name, value := range in.All() {
		if strings.EqualFold(name, contentLength) {
			continue // written from the body when the event is serialised
		}
		e.append(name, value)
	}
	e.size += len(e.body)
}

const contentLength = "Content-Length"

// weight estimates what open is about to take.
func (e *Event) weight() int {
	if e.unread.IsZero() {
		return 0
	}
	return e.arrived + headerCost*strings.Count(e.unread.Plain(), "\n")
}

// popped hands out an event that a consumer has taken: the script's own copy.
type popped interface{ Popped() esl.Event }

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
	if !e.unread.IsZero() && name != "_body" {
		if strings.EqualFold(name, contentLength) {
			return "", false
		}
		if value, ok := e.unread.Lookup(name); !strings.HasPrefix(value, arrayPrefix) {
			return value, ok
		}
	}
	e.open()
	if h := e.headers.find(name); h != nil {
		return h.text(), true
	}
	if name == "_body" && e.hasBody {
		return e.body, true
	}
	return "", false
}

// Holds returns the bytes of the headers, with the room for those that were
// deleted, and of the body. A received event keeps all that was received alive.
func (e *Event) Holds(func(lua.LValue)) int {
	return max(e.size, e.arrived) + headerCost*(1+cap(e.headers.list)-len(e.headers.list)+e.headers.deleted)
}

// Body returns the event's body and reports whether it has one.
func (e *Event) Body() (string, bool) {
	if !e.unread.IsZero() {
		body := e.unread.Body()
		return body, body != ""
	}
	return e.body, e.hasBody
}

// SetBody replaces the body. The error is a *SizeError.
func (e *Event) SetBody(body string) error {
	e.open()
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
	e.open()
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

// addFirst adds a header before the others. The error is a *SizeError.
func (e *Event) addFirst(name, value string) error {
	e.open()
	h := header{name: name, value: value}
	if err := e.grow(h.size()); err != nil {
		return err
	}
	e.headers.addFirst(h)
	if e.cursor > 0 { // it stays at its header
		e.cursor++
	}
	e.size += h.size()
	return nil
}

// Delete removes every header of that name and reports whether there was one.
func (e *Event) Delete(name string) bool {
	e.open()
	bytes := e.headers.remove(name)
	e.size -= bytes
	return bytes > 0
}

// Merge appends the headers of other; a list continues a header of its name.
func (e *Event) Merge(other *Event) error {
	e.open()
	other.open()
	for h := range other.headers.all() {
		if h.list == nil {
			if err := e.Add(h.name, h.value); err != nil {
				return err
			}
			continue
		}
		if err := e.grow(h.size()); err != nil {
			return err
		}
		e.push(h.name, h.list...)
	}
	return nil
}

func (e *Event) append(name, value string) {
	if rest, ok := strings.CutPrefix(value, arrayPrefix); ok && rest != "" {
		e.push(name, strings.Split(rest, arraySeparator)...)
		return
	}
	e.size += e.headers.add(header{name: name, value: value}).size()
}

// push continues the header of that name as a list, or begins one. A list cannot
// begin with an empty element.
func (e *Event) push(name string, values ...string) {
	for len(values) > 0 && values[0] == "" && e.headers.find(name) == nil {
		values = values[1:]
	}
	if len(values) == 0 {
		return
	}
	h := e.list(name)
	e.size -= h.size()
	h.list = append(h.list, values...)
	for _, v := range values {
		h.bytes += len(v)
	}
	e.size += h.size()
}

// list returns the header of that name, which it makes a list.
func (e *Event) list(name string) *header {
	h := e.headers.find(name)
	if h == nil {
		h = e.headers.add(header{name: name, list: []string{}})
		e.size += h.size()
	} else if h.list == nil {
		e.size -= h.size()
		h.list, h.bytes, h.value = []string{h.value}, len(h.value), ""
		e.size += h.size()
	}
	return h
}

// maxSlot is the highest index of a list that FreeSWITCH accepts; it ignores
// higher ones.
const maxSlot = 4000

func (e *Event) setSlot(name string, index int, value string) error {
	if index < 0 || index > maxSlot {
		return nil
	}
	have := 0
	if h := e.headers.find(name); h != nil {
		have = len(h.list)
	}
	if err := e.grow(headerCost + len(name) + len(value) + (slotCost+len(arraySeparator))*max(0, index+1-have)); err != nil {
		return err
	}
	h := e.list(name)
	e.size -= h.size()
	for len(h.list) <= index {
		h.list = append(h.list, "")
	}
	h.bytes += len(value) - len(h.list[index])
	h.list[index] = value
	e.size += h.size()
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
