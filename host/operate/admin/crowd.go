package admin

import (
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds the connections to the HTTP address: calls need the files.
const maxConnections = 256

// A crowd holds the connections of a http.Server to a number. One too many takes the
// place of the one that has waited longest for a request, or is closed itself.
type crowd struct {
	most int

	mu      sync.Mutex
	arrived int
	conns   map[net.Conn]int // when it began to wait, counted; 0: it does not wait
}

func newCrowd(most int) *crowd { return &crowd{most: most, conns: map[net.Conn]int{}} }

// see notes what a connection does; it serves as http.Server's ConnState.
func (c *crowd) see(nc net.Conn, state http.ConnState) {
	c.mu.Lock()
	var out net.Conn
	switch state {
	case http.StateNew:
		if len(c.conns) >= c.most {
			out = c.idlest(nc)
			delete(c.conns, out)
		}
		if out != nc {
			c.arrived++
			c.conns[nc] = c.arrived
		}
	case http.StateIdle:
		c.arrived++
		c.conns[nc] = c.arrived
	case http.StateActive:
		c.conns[nc] = 0
	case http.StateClosed, http.StateHijacked:
		delete(c.conns, nc)
	}
	c.mu.Unlock()
	if out != nil {
		_ = out.Close()
	}
}

// idlest returns the connection that waits longest, otherwise if none waits.
func (c *crowd) idlest(otherwise net.Conn) net.Conn {
	least := 0
	for nc, since := range c.conns {
		if since > 0 && (least == 0 || since < least) {
			otherwise, least = nc, since
		}
	}
	return otherwise
}
