// Package lanes owns queues of what nobody waits for, such as the events of a hook: what
// belongs to one channel is worked off one after the other, what belongs to different
// channels side by side, and what is too much does not fit.
package lanes

import "hash/maphash"

// Lanes hold what waits, a lane for each channel. Each channel belongs to a group, for as
// long as the Lanes exist. Their user locks them.
type Lanes[T Sized] struct {
	most int // that may wait
	seed maphash.Seed

	waiting map[string][]T // by channel; a lane exists while one of it is worked off
	ready   [][]string     // by group: lanes of which none is worked off
	length  int
	size    int
}

// Sized knows how many bytes it holds.
type Sized interface{ Size() int }

// MostBytes limits the bytes of all that waits.
const MostBytes = 16 << 20

// New returns Lanes of so many groups, in which so many may wait.
func New[T Sized](groups, most int) *Lanes[T] {
	return &Lanes[T]{most: most, seed: maphash.MakeSeed(), waiting: map[string][]T{}, ready: make([][]string, groups)}
}

// Len returns how many wait.
func (l *Lanes[T]) Len() int { return l.length }

// Idle reports whether none waits, and none is worked off.
func (l *Lanes[T]) Idle() bool { return len(l.waiting) == 0 }

// Fits reports whether there is room for one more. Alone it may be of any size.
func (l *Lanes[T]) Fits(one T) bool {
	return l.length < l.most && (l.length == 0 || l.size+one.Size() <= MostBytes)
}

// Room returns how many more may wait, and how many bytes.
func (l *Lanes[T]) Room() (places, bytes int) { return l.most - l.length, MostBytes - l.size }

// Add has one wait. It reports whether the lane became ready by that, and its group.
func (l *Lanes[T]) Add(channel string, one T) (group int, ready bool) {
	l.length++
	l.size += one.Size()
	lane, exists := l.waiting[channel]
	l.waiting[channel] = append(lane, one)
	if exists {
		return 0, false
	}
	return l.makeReady(channel), true
}

func (l *Lanes[T]) makeReady(channel string) (group int) {
	if len(l.ready) > 1 {
		group = int(maphash.String(l.seed, channel) % uint64(len(l.ready)))
	}
	l.ready[group] = append(l.ready[group], channel)
	return group
}

// Next returns the next one of a group, for which Done is called when it is worked off, and
// whether there are more.
func (l *Lanes[T]) Next(group int) (channel string, one T, ok, more bool) {
	ready := l.ready[group]
	if len(ready) == 0 {
		return "", one, false, false
	}
	channel, l.ready[group] = ready[0], ready[1:]
	lane := l.waiting[channel]
	var none T
	one, lane[0] = lane[0], none
	l.waiting[channel] = lane[1:]
	l.length--
	l.size -= one.Size()
	return channel, one, true, len(ready) > 1
}

// Done makes a lane ready for its next one. It reports whether there is one, and the group.
func (l *Lanes[T]) Done(channel string) (group int, ready bool) {
	if len(l.waiting[channel]) == 0 {
		delete(l.waiting, channel)
		return 0, false
	}
	return l.makeReady(channel), true
}

// Clear returns all that waits, that of a channel in its order, and forgets it.
func (l *Lanes[T]) Clear() (all []T) {
	for _, lane := range l.waiting {
		all = append(all, lane...)
	}
	clear(l.waiting)
	clear(l.ready)
	l.length, l.size = 0, 0
	return all
}
