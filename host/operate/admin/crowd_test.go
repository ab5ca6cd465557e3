package admin

import (
	"net"
	"net/http"
	"testing"
)

// TestACrowdIsBounded: one connection too many takes the place of the one that has waited
// longest, never of one that is served.
func TestACrowdIsBounded(t *testing.T) {
	c := newCrowd(3)
	arrive := func() net.Conn {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { _ = ours.Close(); _ = theirs.Close() })
		c.see(ours, http.StateNew)
		return ours
	}
	isOpen := func(nc net.Conn) bool { return nc.SetDeadline(noon) == nil }
	served, waits, again := arrive(), arrive(), arrive()
	c.see(served, http.StateActive)
	c.see(again, http.StateActive)
	fourth := arrive()
	if !isOpen(served) || isOpen(waits) || !isOpen(again) || !isOpen(fourth) {
		t.Error("the fourth did not take the place of the one that waited")
	}
	c.see(fourth, http.StateActive)
	if fifth := arrive(); isOpen(fifth) {
		t.Error("where all are served there was room for another one")
	}
	c.see(again, http.StateIdle)
	if sixth := arrive(); isOpen(again) || !isOpen(sixth) || !isOpen(served) {
		t.Error("the sixth did not take the place of the one that was served before")
	}
	c.see(served, http.StateClosed)
	if seventh := arrive(); !isOpen(seventh) || len(c.conns) != 3 {
		t.Errorf("%d connections are known", len(c.conns))
	}
}
