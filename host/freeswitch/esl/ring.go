package esl

// A ring is a queue that reuses its memory: a steady flow allocates nothing.
type ring[T any] struct {
	items []T
	first int
	n     int
}

func (r *ring[T]) push(v T) {
	if r.n == len(r.items) {
		grown := make([]T, max(4, 2*len(r.items)))
		k := copy(grown, r.items[r.first:])
		copy(grown[k:], r.items[:r.first])
		r.items, r.first = grown, 0
	}
	r.items[(r.first+r.n)%len(r.items)] = v
	r.n++
}

// at returns element i, counted from the oldest.
func (r *ring[T]) at(i int) T { return r.items[(r.first+i)%len(r.items)] }

// pop removes the oldest element. A ring that was long releases its memory when it
// is empty.
func (r *ring[T]) pop() (v T, ok bool) {
	if r.n == 0 {
		return v, false
	}
	var zero T
	v, r.items[r.first] = r.items[r.first], zero
	r.first = (r.first + 1) % len(r.items)
	r.n--
	if r.n == 0 && len(r.items) > 64 {
		r.items, r.first = nil, 0
	}
	return v, true
}
