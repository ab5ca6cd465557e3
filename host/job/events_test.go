package job

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/lanes"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// work has a number of workers handle the events of a queue, until it is over.
func work(l *eventQueue, workers int, handle func(group int, channel string, e event) error) *sync.WaitGroup {
	var all sync.WaitGroup
	for w := range workers {
		group := w % len(l.wakes)
		all.Go(func() {
			for {
				e, channel, ok, _ := l.next(group)
				if ok {
					l.done(channel, e, handle(group, channel, e))
					continue
				}
				select {
				case <-l.wakes[group]:
				case <-l.empty:
					return
				}
			}
		})
	}
	return &all
}

func sized(n int) event {
	return event{Event: esl.NewEvent([][2]string{{"n", strings.Repeat("x", max(0, n-6))}}, "")}
}

// The events of a channel are handled in order and never at the same time; a slow
// channel delays no other, as long as there are workers.
func TestEventsKeepTheOrderOfAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newEventQueue(1, 100, clock.System())
		var mu sync.Mutex
		handled := map[string][]int{}
		busy, most := map[string]int{}, 0
		begin := time.Now()
		all := work(l, 2, func(_ int, channel string, e event) error {
			mu.Lock()
			busy[channel]++
			if busy[channel] > 1 {
				t.Error("two events of one channel at the same time")
			}
			most = max(most, busy["slow"]+busy["quick"]+busy["other"])
			mu.Unlock()
			if channel == "slow" {
				time.Sleep(time.Hour)
			}
			mu.Lock()
			defer mu.Unlock()
			busy[channel]--
			handled[channel] = append(handled[channel], e.handler)
			if channel != "slow" && time.Since(begin) > 0 {
				t.Error("a slow channel delays another one")
			}
			return nil
		})
		for n := range 5 {
			for _, channel := range []string{"slow", "quick", "other"} {
				l.add(channel, event{handler: n})
			}
		}
		l.close()
		all.Wait()
		if l.add("late", event{}) {
			t.Error("a closed queue takes an event")
		}
		for channel, ns := range handled {
			if !slices.Equal(ns, []int{0, 1, 2, 3, 4}) {
				t.Errorf("%s: %v", channel, ns)
			}
		}
		if len(handled) != 3 || most > 2 || time.Since(begin) != 5*time.Hour || !l.waiting.Idle() {
			t.Errorf("%d channels, %d at a time, %v, idle %v", len(handled), most, time.Since(begin), l.waiting.Idle())
		}
	})
}

// A channel stays in its group.
func TestAChannelKeepsItsWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newEventQueue(4, 10_000, clock.System())
		var mu sync.Mutex
		groups, used := map[string]int{}, map[int]bool{}
		all := work(l, 4, func(group int, channel string, _ event) error {
			mu.Lock()
			defer mu.Unlock()
			if before, ok := groups[channel]; ok && before != group {
				t.Errorf("%s was in group %d and is in %d", channel, before, group)
			}
			groups[channel], used[group] = group, true
			return nil
		})
		for n := range 1000 {
			l.add(fmt.Sprint(n%100), event{})
		}
		l.close()
		all.Wait()
		if len(groups) != 100 || len(used) != 4 {
			t.Errorf("%d channels in %d groups", len(groups), len(used))
		}
	})
}

// A channel that floods the queue leaves room for the others, also of bytes.
func TestAChannelHasItsShare(t *testing.T) {
	l := newEventQueue(1, 100, clock.System())
	of := func(channel string, bytes int) event {
		return event{Event: esl.NewEvent([][2]string{{"Unique-ID", channel}, {"n", strings.Repeat("x", bytes)}}, "")}
	}
	waiting := func(most int, e event) (n int) {
		_, before := l.snapshot()
		for range most {
			l.add("", e)
		}
		_, after := l.snapshot()
		return after - before
	}
	if got := [...]int{waiting(200, of("loud", 1)), waiting(1, of("quiet", 1)), waiting(200, of("louder", 1)), waiting(5, of("quiet", 1)), waiting(100, sized(1))}; got != [...]int{50, 1, 25, 5, 19} {
		t.Errorf("of a flood, of another channel, of a second flood, of the other again, and of none there wait %v", got)
	}
	for _, _, ok, _ := l.next(0); ok; _, _, ok, _ = l.next(0) {
		l.done("", event{}, nil)
	}
	if len(l.shares) > 0 {
		t.Errorf("nothing waits, and these have shares: %v", l.shares)
	}
	if got := [...]int{waiting(4, of("loud", lanes.MostBytes*2/5)), waiting(4, of("quiet", lanes.MostBytes/20))}; got != [...]int{2, 2} {
		t.Errorf("of large events there wait %v", got)
	}
}

// What is too much is lost, and told in one line with its number when the queue is empty,
// or later on.
func TestEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newEventQueue(1, 3, clock.System())
		take := func() (missed uint64) {
			e, channel, ok, missed := l.next(0)
			if ok {
				l.done(channel, e, errors.New("no"))
			}
			return missed
		}
		for range 5 {
			l.add("", sized(1))
		}
		if f, waiting := l.snapshot(); waiting != 3 || f.lost != 2 {
			t.Errorf("%d wait, %d are lost", waiting, f.lost)
		}
		if got := []uint64{take(), take(), take(), take()}; !slices.Equal(got, []uint64{0, 0, 2, 0}) {
			t.Errorf("told are %d", got)
		}
		for range 5 {
			l.add("", sized(1))
		}
		time.Sleep(tellEvery)
		if got := take(); got != 2 {
			t.Errorf("after a time, told are %d", got)
		}
		take()
		take()
		l.add("", sized(lanes.MostBytes))
		if f, waiting := l.snapshot(); waiting != 1 || f.failed != 6 || f.last.Error != "no" {
			t.Errorf("an event larger than the bound is lost from an empty queue, or failures are not counted: %d, %+v", waiting, f)
		}
		l.add("", sized(lanes.MostBytes))
		if f, _ := l.snapshot(); f.lost != 5 {
			t.Errorf("more bytes wait than are permitted: %d are lost", f.lost)
		}
	})
}
