package trace

// A book holds the records of a call in bounded memory: the first ones, and the last ones.
type book struct {
	chunks  []chunk
	count   int // records so far
	omitted int
	held    int64 // bytes that count for the recorder
	penned  int64 // of them in the pen's buffer, if it is not the Call's own
}

// A chunk holds records one after the other.
type chunk struct {
	first, n int // the number of its first record, and how many it has
	buf      []byte
}

const (
	firstChunk = 768
	nextChunk  = 4 << 10
	firstKept  = 2 // chunks, in which one reads how the call began
)

func (b *book) add(r *Recorder, record []byte) {
	last := len(b.chunks) - 1
	if last < 0 || cap(b.chunks[last].buf)-len(b.chunks[last].buf) < len(record) {
		if !b.grow(r, len(record)) {
			b.count++
			b.omitted++
			return
		}
		last = len(b.chunks) - 1
	}
	c := &b.chunks[last]
	c.buf = append(c.buf, record...)
	c.n++
	b.count++
}

// grow makes room for a record, in new memory or in the place of older records. It reports
// false if there is none.
func (b *book) grow(r *Recorder, least int) bool {
	size := max(nextChunk, least)
	if b.held+int64(size) <= r.perCall() && r.take(int64(size)) {
		b.held += int64(size)
		b.chunks = append(b.chunks, chunk{first: b.count, buf: make([]byte, 0, size)})
		return true
	}
	at := min(firstKept, len(b.chunks)-1)
	oldest := b.chunks[at]
	if cap(oldest.buf) < least {
		return false
	}
	b.omitted += oldest.n
	b.chunks = append(append(b.chunks[:at], b.chunks[at+1:]...), chunk{first: b.count, buf: oldest.buf[:0]})
	return true
}
