package esl

import (
	"errors"
	"io"
)

var errSkeleton = errors.New("esl: being written")

// Limits bound what one frame may take. A zero field has the default.
type Limits struct {
	Head int // bytes of headers, default 1 MiB
	Body int // bytes of body, default 16 MiB, which is FreeSWITCH's own limit
}

// Reader cuts a byte stream from FreeSWITCH into frames.
type Reader struct{ src io.Reader }

// NewReader reads frames from r.
func NewReader(r io.Reader, l Limits) *Reader { return &Reader{src: r} }

// Next waits for the next whole frame. It returns io.EOF when the stream ends
// between frames, a *MalformedError when the bytes make no frame, and the
// source's own error otherwise.
func (r *Reader) Next() (Frame, error) { return Frame{}, errSkeleton }

// Frame is one packet as it was received, in one string.
type Frame struct {
	raw  string
	head int32
	body int32
	off  int64
}

// Type is the Content-Type.
func (f Frame) Type() string { return f.Get("Content-Type") }

// Get is a header's value as received, "" if absent. Case does not matter.
func (f Frame) Get(name string) string { return "" }

// Body is the body as received.
func (f Frame) Body() string { return f.raw[f.body:] }

// Offset is the frame's first byte, counted from the start of the stream.
func (f Frame) Offset() int64 { return f.off }

// Event is the event inside text/event-plain and text/event-json; for every
// other type it is the frame itself: a connect reply with its encoded values,
// a notice, a log line, an XML event as a body.
func (f Frame) Event() (Event, error) { return Event{}, errSkeleton }
