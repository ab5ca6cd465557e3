package esl

import (
	"errors"
	"sync"
)

// bufferSize takes several full channel events (6 to 10 KB) in one read.
const bufferSize = 16 << 10

// buffers lends read buffers, so that ten thousand waiting calls hold none.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func getBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:] }

func putBuffer(b []byte) {
	if len(b) == bufferSize { // larger ones were grown for one frame
		buffers.Put((*[bufferSize]byte)(b))
	}
}

// A patient source takes a buffer only when it has bytes for it.
type patient interface {
	// writeSome writes what is possible without waiting.
	writeSome(out []byte) (n int, err error)
	// read reads into buf or, if that is nil, into one that getBuffer gave, and returns
	// it. With wait it waits for bytes; otherwise the error is errNothing if there
	// are none.
	read(buf []byte, wait bool) (into []byte, n int, err error)
}

// errNothing says that a source has no bytes now.
var errNothing = errors.New("nothing has come")

// fill reads once, after the buffered bytes, and returns how many came.
func (r *Reader) fill(wait bool) (n int, err error) {
	r.makeRoom()
	if p, ok := r.src.(patient); ok {
		if r.buf == nil {
			r.buf, n, err = p.read(nil, wait)
		} else {
			_, n, err = p.read(r.buf[r.end:], wait)
		}
	} else {
		if r.buf == nil {
			r.buf = getBuffer()
		}
		n, err = r.src.Read(r.buf[r.end:])
	}
	r.end += n
	if n > 0 {
		return n, nil // the next read returns the error again
	}
	err = r.cut(err)
	if r.pos == r.end {
		r.release()
	}
	return 0, err
}

// makeRoom moves the unfinished frame to the front when little space is left
// after it, and doubles the buffer when the frame is larger: memory grows with
// the bytes received, not with the length that was announced. But it does not grow
// beyond the frame.
func (r *Reader) makeRoom() {
	const little = bufferSize / 8
	if r.buf == nil || len(r.buf)-r.end >= little {
		return
	}
	used := r.end - r.pos
	to := r.buf
	if len(r.buf)-used < little {
		size := 2 * len(r.buf)
		if r.head.whole {
			size = min(size, r.head.size+r.head.length+little)
		}
		to = make([]byte, size)
	}
	copy(to, r.buf[r.pos:r.end])
	if len(to) != len(r.buf) {
		putBuffer(r.buf)
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
	if r.buf != nil {
		putBuffer(r.buf)
	}
	r.buf, r.pos, r.end = nil, 0, 0
}
