package node

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
)

// TestANodeIsDrained: FreeSWITCH is told to refuse calls, also when it was restarted, and
// the host remembers it.
func TestANodeIsDrained(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, Node{}, Options{})
	var seen []ChangeKind
	told := make(chan struct{}, 10)
	w.link.Watch(func(c Change) { seen = append(seen, c.Kind); told <- struct{}{} })
	p := w.up(1, core)
	<-told
	d := NewDrains(Nodes{w.link}, dir, slog.New(slog.DiscardHandler), w.clk)
	drain := func(answer string, do func() error) error {
		done := make(chan error)
		go func() { done <- do() }()
		command := pauseInbound
		if answer == "" {
			return <-done
		}
		if w.link.Status().Draining != nil {
			command = resumeInbound
		}
		p.expect("api " + command)
		p.send(apiResponse(answer))
		return <-done
	}
	if err := drain("-ERR no", func() error { return d.Drain(t.Context(), "fs1", true) }); err == nil || !strings.Contains(err.Error(), `fsctl pause inbound with "-ERR no"`) {
		t.Error(err)
	}
	if w.link.Status().Draining != nil {
		t.Error("drained although FreeSWITCH refuses")
	}
	if err := drain("+OK\n", func() error { return d.Drain(t.Context(), "fs1", true) }); err != nil {
		t.Error(err)
	}
	<-told
	if err := d.Drain(t.Context(), "fs1", false); err != nil || !w.link.Status().Draining.Paused {
		t.Error("drained twice:", err)
	}
	p.hangUp()
	w.nextAttempt()
	p = w.up(2, otherCore)
	p.expect("api " + pauseInbound)
	p.send(apiResponse("+OK\n"))
	for range 3 { // lost, connected, restarted
		<-told
	}

	again := pretended(nil, "1a", "1b")
	again[0].node.Name, again[1].node.Name = "fs1", "fs2"
	NewDrains(again, dir, slog.New(slog.DiscardHandler), w.clk)
	if s := again[0].Status().Draining; s == nil || !s.Paused || !s.Since.Equal(time.Unix(0, 0)) || again[1].Status().Draining != nil {
		t.Errorf("a later host: %+v", s)
	}

	if err := drain("+OK\n", func() error { return d.Resume(t.Context(), "fs1") }); err != nil {
		t.Error(err)
	}
	<-told
	if err := d.Resume(t.Context(), "fs1"); err != nil {
		t.Error("resumed twice:", err)
	}
	if text, _ := os.ReadFile(d.file()); strings.TrimSpace(string(text)) != "{}" {
		t.Errorf("the file holds %s", text)
	}
	if err := d.Drain(t.Context(), "fs9", false); err == nil || !strings.Contains(err.Error(), "fs1") {
		t.Error(err)
	}
	got := make([]string, len(seen))
	for i, k := range seen {
		got[i] = string(k)
	}
	if strings.Join(got, " ") != "connected drained lost connected restarted resumed" {
		t.Error(got)
	}
}

// TestAFlappingNode: a connection that breaks at once is not made again at once, so that
// hooks get few events: two for each connection.
func TestAFlappingNode(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	changes := 0
	told := make(chan struct{}, 100)
	w.link.Watch(func(Change) { changes++; told <- struct{}{} })
	connects := 0
	for w.clk.Now().Before(time.Unix(600, 0)) {
		connects++
		w.up(connects, core).hangUp()
		<-told
		<-told
		w.nextAttempt()
	}
	if changes != 2*connects || connects > 25 {
		t.Errorf("%d events for %d connections in ten minutes", changes, connects)
	}
}
