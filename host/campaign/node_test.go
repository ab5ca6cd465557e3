package campaign

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
)

// TestNodesShareTheCalls: nodes dial by weight and within their bounds, those without the tag
// and those without weight do not.
func TestNodesShareTheCalls(t *testing.T) {
	inSite(t, func(s *site) {
		s.nodes[0].Weight, s.nodes[0].Tags = 30, []string{"dial"}
		s.node(node.Node{Name: "fs2", Weight: 10, Tags: []string{"dial"}})
		s.node(node.Node{Name: "fs3", Weight: 0, Tags: []string{"dial"}})
		s.node(node.Node{Name: "fs4", Weight: 90})
		h := s.start()
		d := usual("shares")
		d.Nodes = []Way{{Tag: "dial"}}
		h.load(d, numbers("1", 200)...)
		h.awaits("shares", Ended)
		if on := s.placed(); on["fs1"] < 145 || on["fs1"] > 155 || on["fs1"]+on["fs2"] != 200 {
			t.Errorf("of 200 calls, three quarters for fs1, %v", on)
		}
		before := s.placed()
		d.Name, d.Nodes = "bounds", []Way{{Name: "fs1", AtOnce: 2}, {Tag: "dial", AtOnce: 3}}
		h.load(d, numbers("5", 0)...)
		h.load(d, numbers("1", 50)...)
		for range 40 {
			time.Sleep(time.Second)
			for _, one := range h.Status() {
				if one.Calls["fs1"] > 2 || one.Calls["fs2"] > 3 {
					t.Fatalf("more calls than the nodes may have: %+v", one)
				}
			}
		}
		h.awaits("bounds", Ended)
		if on := s.placed(); on["fs1"]-before["fs1"] != 20 || on["fs2"]-before["fs2"] != 30 {
			t.Errorf("of 50 calls, two and three at a time: %v after %v", on, before)
		}
	})
}

// TestADrainedNode gets no new calls, and its calls go on; with no node left the campaign
// tells why it waits.
func TestADrainedNode(t *testing.T) {
	inSite(t, func(s *site) {
		s.nodes[0].Weight = 10
		s.node(node.Node{Name: "fs2", Weight: 10})
		h := s.start()
		drains := node.NewDrains(h.links, "", slog.New(slog.DiscardHandler), clock.System())
		h.load(usual("drained"), numbers("1", 200)...)
		time.Sleep(10 * time.Second)
		order := func(err error) {
			if err != nil {
				t.Error(err)
			}
		}
		order(drains.Drain(s.Context(), "fs2", false))
		time.Sleep(time.Second)
		before := s.placed()
		time.Sleep(5 * time.Second)
		if on := s.placed(); before["fs2"] == 0 || on["fs2"] != before["fs2"] || on["fs1"] < before["fs1"]+40 {
			t.Errorf("fs2 was drained after %v, and then: %v", before, on)
		}
		order(drains.Drain(s.Context(), "fs1", false))
		time.Sleep(3 * time.Second)
		if p := h.progress("drained"); !strings.Contains(p.Note, "no node takes calls: ") || !strings.Contains(p.Note, "fs1") {
			t.Errorf("with no node: %+v", p)
		}
		order(drains.Resume(s.Context(), "fs2"))
		sum := h.awaits("drained", Ended)
		s.wants("outcomes", sum.Progress.Outcomes, map[string]int{"answered": 200})
	})
}

// TestANodeThatDies: another node dials on, in the place of the calls of which nobody knows.
// Whose call was under way is not called again, unless the retries say so.
func TestANodeThatDies(t *testing.T) {
	inSite(t, func(s *site) {
		s.node(node.Node{Name: "fs2", Weight: 10})
		h := s.start()
		d := usual("death")
		d.AtOnce = 10
		h.load(d, numbers("1", 100)...)
		time.Sleep(15 * time.Second)
		s.cut("fs2")
		time.Sleep(10 * time.Minute)
		if p := h.progress("death"); p.Done() < 90 || p.Dialled+p.Talking == 0 {
			t.Errorf("ten minutes after a node died: %+v %+v", p, h.Status())
		}
		sum := h.awaits("death", Ended)
		for number, n := range s.dialled() {
			if n != 1 {
				t.Errorf("%s was dialled %d times", number, n)
			}
		}
		if n := len(s.dialled()); n != 100 {
			t.Errorf("%d were dialled: %+v", n, sum.Progress)
		}
	})
}
