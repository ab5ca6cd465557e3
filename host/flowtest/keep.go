package flowtest

import "runtime"

// keeps reports whether the configuration has the host keep something: pushes, values,
// messages of queues.
func (s *Scene) keeps() bool {
	c := &s.config
	return c.State != "" || len(c.Endpoints)+len(c.Queues)+len(c.Buckets) > 0
}

// Release lets the next scene begin that keeps something. NATS' client has pools of timers
// (nats.go, timer.go), and a timer of one bubble must not get into another: so there is one
// such scene at a time, and the pools are emptied after it, outside of the bubble. A pool
// survives one collection.
func (s *Scene) Release() {
	if s.alone {
		runtime.GC()
		runtime.GC()
		s.Exclusive.Unlock()
	}
}
