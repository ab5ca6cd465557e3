package switchsim

import "sort"

// borrow and giveBack share write buffers among connections, which need one
// only while they deliver.
func (s *Switch) borrow() []byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 32<<10)
}

func (s *Switch) giveBack(b []byte) {
	if cap(b) <= 256<<10 {
		s.buffers.Put(&b)
	}
}

func (s *Switch) register(c *channel) {
	s.mu.Lock()
	s.channels[c.uuid] = c
	s.peak = max(s.peak, len(s.channels))
	s.mu.Unlock()
	s.journal.begin(c)
}

func (s *Switch) unregister(c *channel) {
	s.mu.Lock()
	delete(s.channels, c.uuid)
	s.mu.Unlock()
}

// locate finds a living channel; one that is hung up is not found any more
// (switch_core_session_locate).
func (s *Switch) locate(uuid string) *channel {
	s.mu.Lock()
	c := s.channels[uuid]
	s.mu.Unlock()
	if c == nil || c.down() {
		return nil
	}
	return c
}

// living are the channels that are not hung up, oldest first.
func (s *Switch) living() []*channel {
	s.mu.Lock()
	list := make([]*channel, 0, len(s.channels))
	for _, c := range s.channels {
		list = append(list, c)
	}
	s.mu.Unlock()
	kept := list[:0]
	for _, c := range list {
		if !c.down() {
			kept = append(kept, c)
		}
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].number < kept[j].number })
	return kept
}

func (s *Switch) addListener(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Switch) dropListener(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Switch) allListeners() []*listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*listener, 0, len(s.listeners))
	for l := range s.listeners {
		list = append(list, l)
	}
	return list
}
