package esl

import "sync"

// bufferSize takes several full channel events (6 to 10 KB) in one read.
const bufferSize = 16 << 10

// buffers lends read buffers, so that ten thousand waiting calls hold none.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func lend() []byte { return buffers.Get().(*[bufferSize]byte)[:] }

func giveBack(b []byte) {
	if len(b) == bufferSize { // larger ones were grown for one frame
		buffers.Put((*[bufferSize]byte)(b))
	}
}

// A patient source takes a buffer only when it has bytes for it.
type patient interface {
	// readLent waits for bytes; buf is one that lend gave, for the caller to give
	// back, and nil on an error.
	readLent() (buf []byte, n int, err error)
}

// fill reads once, after the buffered bytes.
func (r *Reader) fill() error {
	if r.idle != nil {
		r.idle()
	}
	if r.buf == nil {
		if p, ok := r.src.(patient); ok {
			buf, n, err := p.readLent()
			r.buf, r.pos, r.end = buf, 0, n
			return err
		}
		r.buf = lend()
	}
	r.makeRoom()
	n, err := r.src.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil // the next read returns the error again
	}
	if r.pos == r.end {
		r.release()
	}
	return err
}

// makeRoom moves the unfinished frame to the front when little space is left
// after it, and doubles the buffer when the frame is larger: memory grows with
// the bytes received, not with the length that was announced.
func (r *Reader) makeRoom() {
	if len(r.buf)-r.end >= bufferSize/8 {
		return
	}
	used := r.end - r.pos
	to := r.buf
	if len(r.buf)-used < bufferSize/8 {
		to = make([]byte, 2*len(r.buf))
	}
	copy(to, r.buf[r.pos:r.end])
	if len(to) != len(r.buf) {
		giveBack(r.buf)
	}
	r.buf, r.pos, r.end = to, 0, used
}

func (r *Reader) skip(n int) {
	r.pos += n
	r.off += int64(n)
	if r.pos == r.end {
		r.release()
	}
}

func (r *Reader) release() {
	giveBack(r.buf)
	r.buf, r.pos, r.end = nil, 0, 0
}
