package esl

import (
	"runtime"
	"strings"
	"testing"
)

// A connection that receives much takes turns with others that do, and nobody else
// waits for it.
func TestAFloodIsReadInTurns(t *testing.T) {
	b := NewBudget(64 << 20)
	b.turn <- struct{}{} // another flood is being read
	event := plain("Event-Name: DTMF", "X: "+strings.Repeat("x", 10<<10))
	var flooded [3]*Conn
	for i := range flooded {
		c, p := connected(t, Options{Budget: b, QueueLen: 1e6, QueueBytes: 64 << 20})
		flooded[i] = c
		go func() {
			for err := error(nil); err == nil; {
				_, err = p.nc.Write([]byte(event))
			}
		}()
	}
	for b.waiting.Load() < int32(len(flooded)) {
		runtime.Gosched()
	}
	if held := b.held.Load(); held < int64(len(flooded))*freeBytes || held > int64(len(flooded))*(freeBytes+64<<10) {
		t.Errorf("the floods were read up to %d bytes without turns", held)
	}
	quiet, p := connected(t, Options{Budget: b})
	p.send(event)
	if _, err := quiet.Next(t.Context()); err != nil {
		t.Error(err)
	}
	_ = flooded[0].Close() // does not wait for its turn
	<-b.turn
	holds(b, 4*freeBytes) // the others continue
}
