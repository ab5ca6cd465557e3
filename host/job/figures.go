package job

import (
	"slices"
	"time"

	"github.com/eslua/eslua/host/run"
)

// figures count what became of a hook's events.
type figures struct {
	handled, failed, lost uint64
	buckets               [len(latencies)]uint64 // handled within each of latencies
	seconds               float64                // of all together
	recent                [64]time.Duration      // of the last ones
	last                  *run.Failure
}

// latencies bound the buckets, in seconds from an event's arrival until it has
// been handled.
var latencies = [...]float64{0.0001, 0.001, 0.01, 0.1, 1, 10, 60}

func (f *figures) note(now time.Time, took time.Duration, failure error) {
	f.recent[f.handled%uint64(len(f.recent))] = took
	f.handled++
	f.seconds += took.Seconds()
	for i, bound := range latencies {
		if took.Seconds() <= bound {
			f.buckets[i]++
			break
		}
	}
	if failure != nil {
		f.failed++
		f.last = run.NewFailure(now, failure)
	}
}

// add adds what another has counted, later than f.
func (f *figures) add(o figures) {
	for i := range min(o.handled, uint64(len(o.recent))) {
		f.recent[(f.handled+i)%uint64(len(f.recent))] = o.recent[i]
	}
	f.handled += o.handled
	f.failed += o.failed
	f.lost += o.lost
	f.seconds += o.seconds
	for i, n := range o.buckets {
		f.buckets[i] += n
	}
	if o.last != nil {
		f.last = o.last
	}
}

// cumulated returns how many events were handled within each of latencies.
func (f *figures) cumulated() map[float64]uint64 {
	counts, sum := map[float64]uint64{}, uint64(0)
	for i, n := range f.buckets {
		sum += n
		counts[latencies[i]] = sum
	}
	return counts
}

// latency returns within what time half of the last events, and nearly all of them, were
// handled.
func (f *figures) latency() (half, most time.Duration) {
	n := int(min(f.handled, uint64(len(f.recent))))
	if n == 0 {
		return 0, 0
	}
	sorted := slices.Clone(f.recent[:n])
	slices.Sort(sorted)
	return sorted[n/2], sorted[n-1-n/50]
}
