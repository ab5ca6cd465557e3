package lanes

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// The events of a channel are handled in order and never at the same time; a slow
// channel delays no other, as long as there are lanes.
func TestTasksKeepTheOrderOfAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewTasks(2, 100)
		var mu sync.Mutex
		handled := map[string][]int{}
		busy, most := map[string]int{}, 0
		begin := time.Now()
		for n := range 5 {
			for _, channel := range []string{"slow", "quick", "other"} {
				l.Add(channel, Task{1, func() {
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
					handled[channel] = append(handled[channel], n)
					if channel != "slow" && time.Since(begin) > 0 {
						t.Error("a slow channel delays another one")
					}
				}})
			}
		}
		l.Wait()
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

// What is too much is lost, and told once until the queue is empty.
func TestTasksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewTasks(1, 3)
		hold := make(chan struct{})
		add := func(size int) string {
			lost, first := l.Add("", Task{size, func() { <-hold }})
			return fmt.Sprint(lost, first)
		}
		add(1)
		synctest.Wait() // it is handled, and waits no more
		for i, want := range []string{"false false", "false false", "false false", "true true", "true false"} {
			if got := add(1); got != want {
				t.Errorf("event %d: %s", i, got)
			}
		}
		if waiting, lost := l.Figures(); waiting != 3 || lost != 2 {
			t.Errorf("%d wait, %d are lost", waiting, lost)
		}
		hold <- struct{}{}
		synctest.Wait()
		if add(1) != "false false" || add(1) != "true false" {
			t.Error("a loss is told again before the queue was empty")
		}
		for range 4 {
			hold <- struct{}{}
		}
		synctest.Wait()
		if add(MostBytes) != "false false" {
			t.Error("an event larger than the bound is lost from an empty queue")
		}
		synctest.Wait()
		if add(MostBytes) != "false false" || add(1) != "true true" {
			t.Error("more bytes wait than are permitted, or the loss is not told")
		}
		close(hold)
		l.Wait()
	})
}
