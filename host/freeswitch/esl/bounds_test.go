package esl

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestDefaults holds the defaults to what the options' comments promise.
func TestDefaults(t *testing.T) {
	o := Options{}.withDefaults()
	if o.NewUUID == nil || o.Log == nil {
		t.Error("no uuid or no log")
	}
	o.NewUUID, o.Log = nil, nil
	want := Options{Limits: Limits{Head: 1 << 20, Body: 1 << 20, Output: 16 << 20}, QueueLen: 1024, QueueBytes: 1 << 20, WriteTimeout: 10 * time.Second}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
}

func TestLongTextsInErrorsAreCut(t *testing.T) {
	for _, n := range []int{80, 81} {
		text := (&FieldError{Value: strings.Repeat("x", n)}).Error()
		if cut := strings.Contains(text, "..."); cut != (n > 80) {
			t.Errorf("a value of %d bytes: %s", n, text)
		}
	}
	for _, n := range []int{maxNotice, maxNotice + 1} {
		c, p := connected(t, Options{})
		p.send(notice("disconnect", strings.Repeat("x", n)))
		p.nc.Close()
		<-c.Done()
		text := c.Err().Error()
		if cut := strings.Contains(text, "x..."); cut != (n > maxNotice) || strings.Count(text, "x") < maxNotice {
			t.Errorf("a notice of %d bytes: %s", n, text)
		}
	}
}

// TestABudgetThatIsUsedUpEndsNobody ends connections only beyond the limit.
func TestABudgetThatIsUsedUpEndsNobody(t *testing.T) {
	b := NewBudget(1 << 20)
	var conns [2]*Conn
	for i := range conns {
		conns[i], _ = connected(t, Options{Budget: b})
	}
	free := int(b.limit - b.held.Load())
	for _, c := range conns { // the first uses the budget up
		c.mu.Lock()
		c.hold(free)
		c.mu.Unlock()
	}
	b.enforce()
	if n := b.ended.Load(); n != 1 {
		t.Errorf("%d of 2 connections were ended, of which each alone is within the limit", n)
	}
}
