package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

// History is the generations that served; with a flow, those that brought it
// another version.
func (d *desk) History(flow string) ([]admin.Change, error) {
	if err := d.known(flow); err != nil {
		return nil, err
	}
	current := d.host.scripts.Current().Name()
	changes := []admin.Change{}
	for e, version := range d.versions(flow) {
		changes = append(changes, admin.Change{
			Generation: e.Generation, Served: e.Served, Scripts: e.Scripts, Version: version,
			Added: e.Added, Edited: e.Edited, Removed: e.Removed, Current: e.Generation == current,
		})
	}
	return changes, nil
}

// versions are the entries of the history, newest first; with a flow, only those
// in which its version is another than in the one before, and that version.
func (d *desk) versions(flow string) func(yield func(store.Entry, string) bool) {
	return func(yield func(store.Entry, string) bool) {
		kept := d.host.history.List()
		if flow == "" || len(kept) == 0 {
			for _, e := range kept {
				if !yield(e, "") {
					return
				}
			}
			return
		}
		version := d.version(kept[0], flow)
		for i, e := range kept {
			before := ""
			if i+1 < len(kept) {
				before = d.version(kept[i+1], flow)
			}
			if version != before && !yield(e, version) {
				return
			}
			version = before
		}
	}
}

// version is that of a flow in a generation of the history; "" when it has none,
// or is damaged.
func (d *desk) version(e store.Entry, flow string) string {
	g, err := d.host.history.Find(e.Generation)
	if err != nil {
		return ""
	}
	return g.Version(flow)
}

// known says what flows there are when it is none of them.
func (d *desk) known(flow string) error {
	if flow == "" {
		return nil
	}
	var names []string
	for _, f := range d.flows(d.host.rollout.Status()) {
		if f.Name == flow {
			return nil
		}
		if !f.Module {
			names = append(names, f.Name)
		}
	}
	file := flow + ".lua"
	for _, e := range d.host.history.List() {
		if slices.Contains(e.Removed, file) {
			return nil
		}
	}
	const most = 20
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return fmt.Errorf("there is no flow %q; there are: %s", flow, strings.Join(names, ", "))
}

// Diff is between two generations, and of one flow's files if it names one.
// What is not named is chosen so that it shows what the last change did: to is
// what the directory holds; from is what calls get instead, else what they got
// before.
func (d *desk) Diff(flow, from, to string) (string, error) {
	if err := d.known(flow); err != nil {
		return "", err
	}
	after, err := d.find(to)
	if err != nil {
		return "", err
	}
	before, err := d.before(flow, from)
	if err != nil {
		return "", err
	}
	var files []string
	if flow != "" {
		files = slices.Concat(before.Dependencies(flow), after.Dependencies(flow))
		slices.Sort(files)
		if files = slices.Compact(files); len(files) == 0 {
			return "", fmt.Errorf("neither generation %s nor %s has a flow %q", before.Name(), after.Name(), flow)
		}
	}
	diff := store.Diff(before, after, files...)
	if diff == "" {
		return fmt.Sprintf("%s: generations %s and %s do not differ\n", all(flow), before.Name(), after.Name()), nil
	}
	return fmt.Sprintf("%s: from generation %s to %s\n", all(flow), before.Name(), after.Name()) + diff, nil
}

// find is the generation a prefix names; without one it is the directory's.
func (d *desk) find(prefix string) (*store.Generation, error) {
	current := d.host.scripts.Current()
	if prefix == "" || prefix == current.Name() {
		return current, nil
	}
	return d.host.history.Find(prefix)
}

func (d *desk) before(flow, from string) (*store.Generation, error) {
	if from != "" {
		return d.find(from)
	}
	current := d.host.scripts.Current()
	if serves := d.host.rollout.Stable(flow); serves.Name() != current.Name() {
		return serves, nil
	}
	newest := true
	for e := range d.versions(flow) {
		if !newest {
			return d.find(e.Generation)
		}
		newest = false
	}
	if flow == "" {
		return nil, errors.New("the history holds one generation only, so there is nothing to compare it with")
	}
	return nil, fmt.Errorf("the history holds one version of %s only, so there is nothing to compare it with", flow)
}

// Rollback lets an earlier generation serve until the directory changes.
func (d *desk) Rollback(flow, generation string) (string, error) {
	if err := d.known(flow); err != nil {
		return "", err
	}
	r, warning, err := d.host.rollout.Rollback(flow, generation)
	return decided(r, warning, "new calls get generation %s until the next change in the directory, or: eslua scripts unpin", err)
}

// Pin lets a generation serve until Unpin.
func (d *desk) Pin(flow, generation string) (string, error) {
	if err := d.known(flow); err != nil {
		return "", err
	}
	r, warning, err := d.host.rollout.Pin(flow, generation)
	return decided(r, warning, "new calls get generation %s, whatever is saved, until: eslua scripts unpin", err)
}

// Unpin takes back a pin or a rollback.
func (d *desk) Unpin(flow string) (string, error) {
	r, warning, err := d.host.rollout.Unpin(flow)
	if err != nil {
		return "", err
	}
	what := "rolled back"
	if r.Pinned() {
		what = "pinned"
	}
	return fmt.Sprintf("%s: no longer %s to generation %s; new calls get %s%s", all(flow), what, r.Generation,
		d.host.rollout.Stable(flow).Name(), onNextLine(warning)), nil
}

// decided is a decision in words.
func decided(r rollout.Override, warning, does string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	text := all(r.Flow) + ": " + fmt.Sprintf(does, r.Generation)
	if r.Flow != "" {
		text += " " + r.Flow
	}
	return text + onNextLine(warning), nil
}

func all(flow string) string {
	if flow == "" {
		return "all flows"
	}
	return flow
}

func onNextLine(warning string) string {
	if warning == "" {
		return ""
	}
	return "\n" + warning
}
