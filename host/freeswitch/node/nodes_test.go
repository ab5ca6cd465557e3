package node

import (
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// pretended returns nodes without connections, of which those are up that have a "+" behind
// their names; the weights stand behind that. draws are the random numbers.
func pretended(draws *[]float64, names ...string) (nodes Nodes) {
	draw := func() float64 {
		first := (*draws)[0]
		*draws = (*draws)[1:]
		return first
	}
	for _, text := range names {
		name, isUp := strings.CutSuffix(text, "+")
		l := New(Node{Name: name, Address: name + ":8021", Weight: int(name[0] - '0'), Tags: []string{"even", "odd"}[name[0]%2 : name[0]%2+1]},
			slog.New(slog.DiscardHandler), clock.NewManual(time.Unix(0, 0)), Options{Rand: draw})
		if isUp {
			l.conn = &esl.Conn{}
		}
		nodes = append(nodes, l)
	}
	return nodes
}

func TestPickByWeight(t *testing.T) {
	var draws []float64
	nodes := pretended(&draws, "1a+", "3b+", "0c+", "9d")
	for draw, want := range map[float64]string{0: "1a", 0.24: "1a", 0.25: "3b", 0.99: "3b"} {
		draws = []float64{draw}
		if l, err := nodes.Pick(); err != nil || l.Name() != want {
			t.Errorf("%v: %v, %v, want %s", draw, l.Name(), err, want)
		}
	}
	nodes[0].drain(&Draining{})
	draws = []float64{0}
	if l, err := nodes.Pick(); err != nil || l.Name() != "3b" {
		t.Error("the draining one is not left out:", l.Name(), err)
	}
	nodes[1].noteHealth(esl.NewEvent([][2]string{{"Session-Count", "1000"}, {"Max-Sessions", "1000"}, {"Idle-CPU", "NaN"}}, ""))
	draws = []float64{0}
	if l, err := nodes.Pick(); err != nil || l.Name() != "0c" {
		t.Error("the full one is not left out:", l.Name(), err)
	}
	nodes[2].conn = nil
	_, err := nodes.Pick()
	var none *NoneReadyError
	if !errors.As(err, &none) || len(none.Why) != 4 {
		t.Error(err)
	}
	for _, part := range []string{"node 1a is being drained", "node 3b has 1000 of 1000 sessions", "node 0c (0c:8021) is not connected yet", "node 9d"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not tell: %s", err, part)
		}
	}
	nodes[0].drain(nil)
	draws = []float64{0.999}
	if l, err := nodes.Pick(); err != nil || l.Name() != "1a" {
		t.Error("resumed:", err)
	}
}

func TestNodesAreFound(t *testing.T) {
	nodes := pretended(nil, "1a", "2b", "3c")
	nodes[1].noteCore(core)
	if l, err := nodes.Named("2b"); err != nil || nodes.OfCore(core) != l || nodes.OfCore(otherCore) != nil || nodes.OfCore("") != nil {
		t.Error(l, err)
	}
	if odd := nodes.Tagged("odd"); len(odd) != 2 || odd[1].Name() != "3c" || len(nodes.Tagged("")) != 3 || nodes.Tagged("none") != nil {
		t.Error(odd)
	}
	if _, err := nodes.Named("fs9"); err == nil || err.Error() != `there is no node "fs9"; the configuration has (nodes:): 1a, 2b, 3c` {
		t.Error(err)
	}
	var down *DownError
	if _, err := nodes[:1].Pick(); !errors.As(err, &down) {
		t.Error(err)
	}
	if _, err := Nodes(nil).Pick(); err == nil || !strings.Contains(err.Error(), "nodes:") {
		t.Error(err)
	}
}

// TestAHeartbeatTellsTheHealth reads the HEARTBEAT of a FreeSWITCH 1.11.
func TestAHeartbeatTellsTheHealth(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	w.clk.Advance(5 * time.Second)
	p.send(event("Event-Name: HEARTBEAT", "Core-UUID: "+core, "Heartbeat-Interval: 20", "Session-Count: 12", "Max-Sessions: 1000", "Idle-CPU: 96.233333"))
	p.expect("api global_getvar core_uuid")
	w.clk.Advance(30 * time.Millisecond)
	p.send(apiResponse(core))
	for w.link.Status().RoundTrip == 0 {
		runtime.Gosched()
	}
	s := w.link.Status()
	if s.Sessions != 12 || s.MaxSessions != 1000 || s.IdleCPU != 96.233333 || s.RoundTrip != 30*time.Millisecond || !s.Heard.Equal(w.clk.Now()) {
		t.Errorf("%+v", s.Health)
	}
}
