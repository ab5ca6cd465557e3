package store

import (
	"path"
	"time"
)

// A pace says how often files other than scripts are read: the more often one has
// changed lately, the more rarely. A log that grows all day would otherwise make a
// generation a second. Scripts are always read.
type pace map[string]*beat

// A beat is the pace of one file or, for names that come and go, of a directory.
type beat struct {
	changed time.Time     // when a change was taken last
	pause   time.Duration // that then begins
}

const (
	shortestPause = time.Second
	longestPause  = 10 * time.Minute
	restless      = time.Minute // the pause from which the admin is told
)

// dirKey returns the key of the names in the directory of a file.
func dirKey(name string) string { return path.Dir(name) + "/" }

// note records that a change is taken. The pause doubles if the one before was not
// long ago.
func (p pace) note(key string, now time.Time) {
	b := p[key]
	if b == nil || b.isOver(now) {
		b = &beat{pause: shortestPause / 2}
		p[key] = b
	}
	b.changed, b.pause = now, min(2*b.pause, longestPause)
}

// isOver reports whether changes have become rare again.
func (b *beat) isOver(now time.Time) bool { return now.Sub(b.changed) >= 4*b.pause }

// noteChanges records the files in which two trees differ.
func (p pace) noteChanges(from, to map[string]*file, now time.Time) {
	names := map[string]bool{}
	for name, f := range to {
		switch was := from[name]; {
		case isScript(name):
		case was == nil:
			names[dirKey(name)] = true
		case was.content.sum != f.content.sum:
			names[name] = true
		}
	}
	for name := range from {
		if to[name] == nil && !isScript(name) {
			names[dirKey(name)] = true
		}
	}
	for key := range names {
		p.note(key, now)
	}
	for key, b := range p {
		if b.isOver(now) {
			delete(p, key)
		}
	}
}

// until returns the end of a pause, the zero time if there is none now.
func (p pace) until(key string, now time.Time) time.Time {
	b := p[key]
	if b == nil || now.Sub(b.changed) >= b.pause {
		return time.Time{}
	}
	return b.changed.Add(b.pause)
}

// restless returns what changes so often that an admin should know, sorted.
func (p pace) restless(now time.Time) (keys []string) {
	for _, key := range sortedKeys(p) {
		if b := p[key]; b.pause >= restless && !b.isOver(now) {
			keys = append(keys, key)
		}
	}
	return keys
}
