package event

import (
	"iter"
	"slices"
	"strings"
)

// headers are an event's headers in their order. Adding one, finding one and
// deleting one take a time that does not grow with their number: a script, or a
// text in JSON, may do each a hundred thousand times.
type headers struct {
	list    []header
	deleted int              // of list
	places  map[string][]int // of each name, in lower case; nil while nobody needs it
}

// A header is one header of an event. A list has its elements in place of a value.
type header struct {
	name, value string
	list        []string
	bytes       int // of the elements
	deleted     bool
}

// The bytes that a header and an element of a list take besides their text.
const (
	headerCost = 192
	slotCost   = 16
)

// few headers are searched one by one.
const few = 32

// text returns the value, that of a list in its ARRAY:: form.
func (h *header) text() string {
	switch {
	case h.list == nil:
		return h.value
	case len(h.list) == 1:
		return h.list[0]
	}
	return arrayPrefix + strings.Join(h.list, arraySeparator)
}

const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// size returns the bytes that the header takes.
func (h *header) size() int {
	n := headerCost + len(h.name)
	if h.list == nil {
		return n + len(h.value)
	}
	return n + h.bytes + (slotCost+len(arraySeparator))*len(h.list)
}

// add appends a header and returns it.
func (hs *headers) add(h header) *header {
	if hs.places != nil {
		key := strings.ToLower(h.name)
		hs.places[key] = append(hs.places[key], len(hs.list))
	}
	hs.list = append(hs.list, h)
	return &hs.list[len(hs.list)-1]
}

// addFirst adds a header before the others. Unlike add it takes a time that grows with
// their number.
func (hs *headers) addFirst(h header) {
	hs.list, hs.places = slices.Insert(hs.list, 0, h), nil
}

// find returns the first header of a name, or nil.
func (hs *headers) find(name string) *header {
	places := hs.named(name)
	if len(places) == 0 {
		return nil
	}
	return &hs.list[places[0]]
}

// named returns the places of the headers of a name, or only of the first if there
// are few headers.
func (hs *headers) named(name string) []int {
	if len(hs.list) <= few {
		for i := range hs.list {
			if h := &hs.list[i]; !h.deleted && strings.EqualFold(h.name, name) {
				return []int{i}
			}
		}
		return nil
	}
	if hs.places == nil {
		hs.places = make(map[string][]int, len(hs.list))
		for i := range hs.list {
			if h := &hs.list[i]; !h.deleted {
				key := strings.ToLower(h.name)
				hs.places[key] = append(hs.places[key], i)
			}
		}
	}
	return hs.places[strings.ToLower(name)]
}

// remove deletes the headers of a name and returns the bytes that they took, 0 if
// there were none.
func (hs *headers) remove(name string) (bytes int) {
	for places := hs.named(name); len(places) > 0; places = hs.named(name) {
		for _, i := range places {
			bytes += hs.list[i].size()
			hs.list[i] = header{deleted: true}
		}
		hs.deleted += len(places)
		delete(hs.places, strings.ToLower(name))
	}
	if hs.deleted > few+len(hs.list)/2 {
		remaining := make([]header, 0, len(hs.list)-hs.deleted)
		for h := range hs.all() {
			remaining = append(remaining, *h)
		}
		*hs = headers{list: remaining}
	}
	return bytes
}

// all returns the headers in their order.
func (hs *headers) all() iter.Seq[*header] {
	list := hs.list
	return func(yield func(*header) bool) {
		for i := range list {
			if h := &list[i]; !h.deleted && !yield(h) {
				return
			}
		}
	}
}
