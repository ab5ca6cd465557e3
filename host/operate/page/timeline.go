package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/eslua/eslua/host/operate/admin"
)

// An Event is a point of the timeline of what calls got.
type Event struct {
	At         int64    `json:"at"`
	Kind       string   `json:"kind"` // served, pinned, rolled back, canary
	Generation string   `json:"generation"`
	Flow       string   `json:"flow,omitempty"`
	Why        string   `json:"why,omitempty"`
	Current    bool     `json:"current,omitempty"` // the directory holds this generation
	Added      []string `json:"added,omitempty"`
	Edited     []string `json:"edited,omitempty"`
	Removed    []string `json:"removed,omitempty"`
	Files      int      `json:"files,omitempty"` // how many of the three are left out
	Scripts    int      `json:"scripts,omitempty"`
}

const (
	maxEvents    = 30
	maxFiles     = 8 // named of an event
	historyLasts = time.Minute
)

// A timeline remembers what the history of the scripts had, which is read from the disk.
type timeline struct {
	changes []admin.Change
	swaps   uint64
	read    time.Time
}

// events returns the points of the timeline, the newest first.
func (t *timeline) events(st admin.Status, control admin.ScriptControl) []Event {
	if t.read.IsZero() || st.Scripts.Swaps != t.swaps || st.Now.Sub(t.read) > historyLasts {
		if changes, err := control.History(""); err == nil {
			t.changes = first(changes, maxEvents)
		}
		t.swaps, t.read = st.Scripts.Swaps, st.Now
	}
	events := []Event{}
	for _, c := range t.changes {
		e := Event{At: c.Served.UnixMilli(), Kind: "served", Generation: c.Generation, Current: c.Generation == st.Scripts.Generation, Scripts: c.Scripts}
		left := maxFiles
		e.Added, left = files(c.Added, left)
		e.Edited, left = files(c.Edited, left)
		e.Removed, _ = files(c.Removed, left)
		e.Files = len(c.Added) + len(c.Edited) + len(c.Removed) - len(e.Added) - len(e.Edited) - len(e.Removed)
		events = append(events, e)
	}
	for _, o := range first(st.Rollout.Overrides, maxEvents) {
		kind := "rolled back"
		if o.Pinned() {
			kind = "pinned"
		}
		events = append(events, Event{At: o.Since.UnixMilli(), Kind: kind, Generation: o.Generation, Flow: cut(o.Flow), Why: cut(o.Why)})
	}
	for _, c := range first(st.Rollout.Canaries, maxEvents) {
		events = append(events, Event{At: c.Since.UnixMilli(), Kind: "canary", Generation: c.New.Generation, Flow: cut(c.Flow)})
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(b.At, a.At) })
	return first(events, maxEvents)
}

func files(names []string, left int) ([]string, int) {
	shown := []string{}
	for _, name := range first(names, left) {
		shown = append(shown, cut(name))
	}
	return shown, left - len(shown)
}
