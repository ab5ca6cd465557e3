package push

// A fifo is a bounded map, which forgets the keys that have been there longest.
type fifo[V any] struct {
	most   int
	values map[string]slot[V]
	order  []turn
	next   uint64
}

type slot[V any] struct {
	value V
	turn  uint64
}

type turn struct {
	key  string
	turn uint64
}

func newFIFO[V any](most int) *fifo[V] { return &fifo[V]{most: most, values: map[string]slot[V]{}} }

func (f *fifo[V]) get(key string) (V, bool) {
	s, ok := f.values[key]
	return s.value, ok
}

// put sets a value; a key that is there keeps its place.
func (f *fifo[V]) put(key string, v V) {
	if s, ok := f.values[key]; ok {
		s.value = v
		f.values[key] = s
		return
	}
	f.next++
	f.values[key] = slot[V]{v, f.next}
	f.order = append(f.order, turn{key, f.next})
	for len(f.values) > f.most {
		f.evict()
	}
	if len(f.order) > 2*f.most+16 {
		f.compact()
	}
}

// evict forgets the oldest key and returns its value.
func (f *fifo[V]) evict() (v V, ok bool) {
	for len(f.order) > 0 {
		oldest := f.order[0]
		f.order = f.order[1:]
		if s, is := f.values[oldest.key]; is && s.turn == oldest.turn {
			delete(f.values, oldest.key)
			return s.value, true
		}
	}
	return v, false
}

func (f *fifo[V]) remove(key string) { delete(f.values, key) }

// compact forgets the places of removed keys.
func (f *fifo[V]) compact() {
	kept := make([]turn, 0, len(f.values))
	for _, t := range f.order {
		if s, ok := f.values[t.key]; ok && s.turn == t.turn {
			kept = append(kept, t)
		}
	}
	f.order = kept
}
