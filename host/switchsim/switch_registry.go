package switchsim

import (
	"cmp"
	"maps"
	"slices"
)

// borrowBuffer and returnBuffer share write buffers among connections, which need
// one only while they deliver.
func (s *Switch) borrowBuffer() []byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 32<<10)
}

func (s *Switch) returnBuffer(b []byte) {
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
	defer s.mu.Unlock()
	delete(s.channels, c.uuid)
}

// find returns a channel that is not destroyed yet, or nil.
func (s *Switch) find(uuid string) *channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels[uuid]
}

// locate returns a channel that is not hung up, or nil
// (switch_core_session_locate).
func (s *Switch) locate(uuid string) *channel {
	if c := s.find(uuid); c != nil && !c.down() {
		return c
	}
	return nil
}

// upChannels returns the channels that are not hung up, oldest first.
func (s *Switch) upChannels() []*channel {
	return slices.DeleteFunc(s.allChannels(), (*channel).down)
}

func (s *Switch) allChannels() []*channel {
	s.mu.Lock()
	list := slices.Collect(maps.Values(s.channels))
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b *channel) int { return cmp.Compare(a.number, b.number) })
	return list
}

// channelCounts returns how many channels there are and how many there have been
// at once.
func (s *Switch) channelCounts() (count, peak int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.channels), s.peak
}

func (s *Switch) addConnection(l *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.connections[l] = struct{}{}
	return true
}

func (s *Switch) removeConnection(l *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, l)
}

func (s *Switch) allConnections() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.connections))
}

func (s *Switch) global(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.globals[name]
}

func (s *Switch) setGlobal(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == "" {
		delete(s.globals, name)
		return
	}
	s.globals[name] = value
}
