package durable

import (
	"fmt"
	"strings"
	"time"
)

// The states of a push, or of a message of a queue, that is kept.
const (
	Waiting = "waiting"
	Dead    = "dead"
)

// A Query selects what is kept: by ids, or by the rest.
type Query struct {
	IDs   []string      `json:"ids,omitempty"`
	State string        `json:"state,omitempty"` // Waiting or Dead
	Of    string        `json:"of,omitempty"`    // the name of an endpoint, or of a queue; "": all
	Older time.Duration `json:"older,omitempty"` // what was accepted so long ago
	Most  int           `json:"most,omitempty"`
}

// CheckState returns an error if the Query names no state; noun is what it selects.
func (q Query) CheckState(noun string) error {
	if q.State != Waiting && q.State != Dead {
		return fmt.Errorf("a %s is %s or %s, not %.20q", noun, Waiting, Dead, q.State)
	}
	return nil
}

// Kept describes how something is kept.
type Kept struct {
	State string `json:"state"`
	Bytes int    `json:"bytes"`
	Error string `json:"error,omitempty"` // why it is dead

	Sequence uint64 `json:"-"` // in its stream
}

// mostReason bounds the text that says why something failed.
const mostReason = 1024

// Reason returns a text that says why something failed as a header of a message can have it.
func Reason(text string) string {
	if len(text) > mostReason {
		text = text[:mostReason]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
