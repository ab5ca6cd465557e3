package admin

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

// A Change tells of a generation that served.
type Change struct {
	store.Entry
	Version string `json:"version,omitempty"` // of the flow in question
	Current bool   `json:"current,omitempty"` // the script directory holds it, or did when it last had no errors
}

// History returns the generations that served, newest first; with a flow, only
// the generations that changed it.
func (s *Service) History(flow string) ([]Change, error) {
	if err := s.checkFlow(flow); err != nil {
		return nil, err
	}
	current := s.parts.Scripts.Current().Name()
	changes := []Change{}
	for e, version := range s.changes(flow) {
		changes = append(changes, Change{Entry: e, Version: version, Current: e.Generation == current})
	}
	return changes, nil
}

// changes returns the entries of the history, newest first; with a flow, only
// the entries that changed its version, and that version with each.
func (s *Service) changes(flow string) iter.Seq2[store.Entry, string] {
	return func(yield func(store.Entry, string) bool) {
		entries := s.parts.History.List()
		if flow == "" || len(entries) == 0 {
			for _, e := range entries {
				if !yield(e, "") {
					return
				}
			}
			return
		}
		version := s.versionIn(entries[0], flow)
		for i, e := range entries {
			previous := ""
			if i+1 < len(entries) {
				previous = s.versionIn(entries[i+1], flow)
			}
			if version != previous && !yield(e, version) {
				return
			}
			version = previous
		}
	}
}

// versionIn returns a flow's version in a generation of the history, "" if it
// has no such flow or cannot be read.
func (s *Service) versionIn(e store.Entry, flow string) string {
	g, err := s.parts.History.Find(e.Generation)
	if err != nil {
		return ""
	}
	return g.Version(flow)
}

// checkFlow returns an error that lists the flows if no flow of this name exists or
// has existed.
func (s *Service) checkFlow(flow string) error {
	if flow == "" {
		return nil
	}
	flows, _ := s.flows(s.parts.Rollout.Status())
	if slices.ContainsFunc(flows, func(f Flow) bool { return f.Flow == flow }) {
		return nil
	}
	file := flow + ".lua"
	for _, e := range s.parts.History.List() {
		if slices.Contains(e.Removed, file) {
			return nil
		}
	}
	return fmt.Errorf("there is no flow %q; %s", flow, s.parts.Scripts.Current().DescribeFlows(flow))
}

// Diff returns a unified diff between two generations, with a flow only of the
// files that the flow uses. By default it shows what the last change did: to is
// what the directory holds, and from is what new calls get instead, or else what
// they got before.
func (s *Service) Diff(flow, from, to string) (string, error) {
	if err := s.checkFlow(flow); err != nil {
		return "", err
	}
	after, err := s.find(to)
	if err != nil {
		return "", err
	}
	before, err := s.previous(flow, from)
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
		return fmt.Sprintf("%s: generations %s and %s do not differ\n", subject(flow), before.Name(), after.Name()), nil
	}
	return fmt.Sprintf("%s: from generation %s to %s\n", subject(flow), before.Name(), after.Name()) + diff, nil
}

// find returns the generation with a prefix, by default the directory's.
func (s *Service) find(prefix string) (*store.Generation, error) {
	current := s.parts.Scripts.Current()
	if prefix == "" || prefix == current.Name() {
		return current, nil
	}
	return s.parts.History.Find(prefix)
}

// previous returns the generation that a diff begins with.
func (s *Service) previous(flow, from string) (*store.Generation, error) {
	if from != "" {
		return s.find(from)
	}
	current := s.parts.Scripts.Current()
	if serves := s.parts.Rollout.Stable(flow); serves.Name() != current.Name() {
		return serves, nil
	}
	newest := true
	for e := range s.changes(flow) {
		if !newest {
			return s.find(e.Generation)
		}
		newest = false
	}
	if flow == "" {
		return nil, errors.New("the history holds only one generation, so there is nothing to compare it with")
	}
	return nil, fmt.Errorf("the history holds only one version of %s, so there is nothing to compare it with", flow)
}

// Rollback serves an earlier generation until the directory changes.
func (s *Service) Rollback(flow, generation string) (string, error) {
	if err := s.checkFlow(flow); err != nil {
		return "", err
	}
	o, warning, err := s.parts.Rollout.Rollback(flow, generation)
	return decision(o, "new calls get generation %s until the next change in the directory, or until: eslua scripts unpin", warning, err)
}

// Pin serves a generation until Unpin.
func (s *Service) Pin(flow, generation string) (string, error) {
	if err := s.checkFlow(flow); err != nil {
		return "", err
	}
	o, warning, err := s.parts.Rollout.Pin(flow, generation)
	return decision(o, "new calls get generation %s, whatever changes in the directory, until: eslua scripts unpin", warning, err)
}

// Unpin ends a pin or a rollback.
func (s *Service) Unpin(flow string) (string, error) {
	o, warning, err := s.parts.Rollout.Unpin(flow)
	if err != nil {
		return "", err
	}
	was := "rolled back"
	if o.Pinned() {
		was = "pinned"
	}
	return fmt.Sprintf("%s: no longer %s to generation %s; new calls get %s", subject(flow), was, o.Generation,
		s.parts.Rollout.Stable(flow).Name()) + onNextLine(warning), nil
}

// decision describes a pin or a rollback; effect has a verb for the generation.
func decision(o rollout.Override, effect, warning string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	text := subject(o.Flow) + ": " + fmt.Sprintf(effect, o.Generation)
	if o.Flow != "" {
		text += " " + o.Flow
	}
	return text + onNextLine(warning), nil
}

func subject(flow string) string {
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
